/** Reads the documents of this repository as tests need them: fenced blocks, links, anchors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/install.mjs';
import { sourceFiles } from '../../scripts/source-files.mjs';

export interface Document {
  /** Relative to the repository. */
  readonly name: string;
  readonly text: string;
}

export interface Fence {
  readonly language: string;
  readonly text: string;
  /** The paragraph before it. */
  readonly before: string;
}

/** Every markdown file of the repository. */
export function documents(): readonly Document[] {
  return sourceFiles(['.md']);
}

export function document(name: string): Document {
  return { name, text: readFileSync(join(ROOT, name), 'utf8') };
}

/** The fenced blocks of a document, in order. */
export function fences({ text }: Document): Fence[] {
  const found = text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...found].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    before: text.slice(0, match.index).trimEnd().split('\n\n').at(-1) ?? '',
  }));
}

export interface Link {
  readonly text: string;
  readonly target: string;
}

/** Links outside of fenced blocks. */
export function links({ text }: Document): Link[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  const found = prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g);
  return [...found].map((match) => ({ text: match[1] ?? '', target: match[2] ?? '' }));
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchors({ text }: Document): Set<string> {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
