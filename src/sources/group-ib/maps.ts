import { z } from 'zod';

/** A map whose values are texts. @param nests whether maps of texts are values too, as in a template */
export const mapOfTexts = (nests: boolean, about: string) =>
  z
    .record(z.string(), z.unknown())
    .superRefine((map, context) => {
      for (const path of noTexts(map, nests)) context.addIssue({ code: 'custom', message: notText(nests), path });
    })
    .meta({ description: about });

function noTexts(map: Readonly<Record<string, unknown>>, nests: boolean): readonly string[][] {
  return Object.entries(map).flatMap(([key, value]) => {
    if (typeof value === 'string') return [];
    if (!nests || typeof value !== 'object' || value === null || Array.isArray(value)) return [[key]];
    return noTexts(value as Record<string, unknown>, nests).map((path) => [key, ...path]);
  });
}

function notText(nests: boolean): string {
  const example = 'a path such as `indicators.params.ip`, or `*` and a text of your own';
  return `expected ${example}${nests ? ', or a map of such' : ''}`;
}
