import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import type Libsql from 'libsql';

/** An open SQLite file. */
export interface Connected {
  readonly db: Libsql.Database;
  /** Whether the path leads to another file by now; throws when it leads to none. */
  readonly moved: () => boolean;
}

/**
 * SQLite for Kysely. Its own dialect would do, but for four things: a transaction that writes takes the write lock at its start (of two that read first, one
 * would be refused at once, without waiting); migrations run inside a transaction, so that several processes may run them and a crash leaves none half done;
 * a file that was replaced is opened again, since what is written to the old one is lost; and closing leaves no journal.
 */
export function sqliteDialect(connect: () => Connected): Dialect {
  return {
    createDriver: () => createDriver(connect),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new AdapterWithTransactionalDdl(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

class AdapterWithTransactionalDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function createDriver(connect: () => Connected): Driver {
  let open: Connected | undefined;
  let release: (() => void) | undefined;
  const turn = createTurns();
  const exec = (text: string): void => void open?.db.exec(text);
  return {
    init: async () => undefined,
    async acquireConnection() {
      const done = await turn();
      try {
        if (open === undefined || open.moved()) open = reopen(open, connect);
      } catch (error) {
        done();
        throw error;
      }
      release = done;
      return connectionOf(open.db);
    },
    // By `exec`, which ends its statement whatever happens. A prepared `begin immediate` that finds the file locked would keep its view of the file until it
    // is collected, and every further one would be refused because of it (SQLITE_BUSY_SNAPSHOT).
    beginTransaction: async (_, { accessMode }) => exec(accessMode === 'read only' ? 'begin' : 'begin immediate'),
    commitTransaction: async () => exec('commit'),
    async rollbackTransaction() {
      // SQLite has done so by itself after some failures (a full disk), and would complain: the complaint would hide the failure.
      if (open?.db.inTransaction === true) exec('rollback');
    },
    releaseConnection: async () => release?.(),
    async destroy() {
      if (open !== undefined) closeTidily(open.db);
      open = undefined;
    },
  };
}

/** There is one connection and one user of it at a time; who comes later waits for all who came before. */
function createTurns(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    const before = last;
    let done: (() => void) | undefined;
    last = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    return () => done?.();
  };
}

function reopen(former: Connected | undefined, connect: () => Connected): Connected {
  former?.db.close();
  return connect();
}

/** Whoever copies or renames the file finds everything in it: libsql closes a file only once its statements are collected, so SQLite does not see to it. */
function closeTidily(db: Libsql.Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // The journal stays, and who opens the file next reads it.
  } finally {
    db.close();
  }
}

function connectionOf(db: Libsql.Database): DatabaseConnection {
  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const statement = db.prepare(sql);
      if (statement.reader) return { rows: statement.all(...parameters) as R[] };
      const { changes } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes) };
    },
    async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
      for (const row of db.prepare(sql).iterate(...parameters)) yield { rows: [row as R] };
    },
  };
}
