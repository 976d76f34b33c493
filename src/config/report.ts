import { ConfigError, type Finding } from './errors.ts';
import { excerptOf } from './excerpt.ts';
import { formatPath, type Path, type Positions, type Stretch } from './positions.ts';

interface FindingOptions {
  readonly suggestion?: string | undefined;
  /** Points at the value unless told otherwise. */
  readonly on?: 'key' | 'value';
}

interface TextOptions {
  readonly suggestion?: string | undefined;
  /** The file is too broken to know its fields: what looks like a secret is masked. */
  readonly guess?: boolean;
}

/** Collects what is wrong with one file, so that all of it is said at once. */
export interface Report {
  add(path: Path, message: string, options?: FindingOptions): void;
  /** For what is wrong with the text itself. */
  addAt(stretch: Stretch, message: string, options?: TextOptions): void;
  /** What excerpts must not show. */
  mask(path: Path): void;
  maskAt(stretch: Stretch): void;
  /** Whether something is wrong at this path or above it, so that what follows from it need not be said. */
  spoilt(path: Path): boolean;
  /** Throws a ConfigError if anything was found. */
  end(): void;
}

interface Noted {
  readonly path: Path;
  readonly stretch: Stretch;
  readonly message: string;
  readonly suggestion?: string | undefined;
  readonly guess?: boolean | undefined;
}

export function createReport(file: string, text: string, positions: Positions): Report {
  const noted: Noted[] = [];
  const masked: Stretch[] = [];
  const add = (path: Path, message: string, { suggestion, on = 'value' }: FindingOptions = {}): void => {
    noted.push({ path, message, suggestion, stretch: positions.stretch(path, on) });
  };
  // Excerpts are made at the end, when all that must be masked is known.
  const findingOf = ({ path, stretch, message, suggestion, guess = false }: Noted): Finding => ({
    file,
    ...positions.at(stretch.start),
    path: formatPath(path),
    message,
    ...(suggestion !== undefined && { suggestion }),
    ...(text !== '' && { excerpt: excerptOf(text, stretch, masked, guess) }),
  });
  return {
    add,
    addAt: (stretch, message, options) => void noted.push({ path: [], stretch, message, ...options }),
    mask: (path) => void masked.push(positions.stretch(path, 'value')),
    maskAt: (stretch) => void masked.push(stretch),
    spoilt: (path) =>
      noted.some((one) => one.path.length > 0 && one.path.every((step, i) => String(step) === String(path[i]))),
    end() {
      if (noted.length > 0) throw new ConfigError(file, noted.map(findingOf));
    },
  };
}
