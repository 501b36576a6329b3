import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';

/** A function with its length in lines. */
export interface FunctionSize {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly lines: number;
}

/** One file of the repository; `ast` for TypeScript and JavaScript. Paths are relative to the repository's root. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly ast: ts.SourceFile | null;
}

const FOLDERS = ['kernels', 'src', 'scripts', 'test', 'bench'];
const isOurs = (path: string): boolean =>
  /\.(ts|mjs|js|wgsl)$/.test(path) &&
  !path.endsWith('.d.wgsl.ts') &&
  !/^bench\/peers\/(node_modules|dist)\//.test(path);

async function pathsOf(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const found = await readdir(folder, { recursive: true });
  return found.map((path) => join(folder, path).replaceAll('\\', '/'));
}

/** Every source file of the repository in which the process runs. */
export async function readTree(): Promise<Source[]> {
  const paths = (await Promise.all(FOLDERS.map(pathsOf))).flat();
  return Promise.all(
    ['build.mjs', ...paths.filter(isOurs).sort()].map(async (path) => {
      const text = await readFile(path, 'utf8');
      const ast = path.endsWith('.wgsl')
        ? null
        : ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
      return { path, text, lines: text.trimEnd().split('\n').length, ast };
    }),
  );
}

/** All nodes of a tree, parents first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

function nameOf(node: ts.Node): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const { name } = node as ts.NamedDeclaration;
  if (name) return name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  if (ts.isCallExpression(parent))
    return `${parent.expression.getText()}(${parent.arguments[0]?.getText().slice(0, 40)})`;
  return '(anonymous)';
}

/** Every function with a body. */
export function functionsOf({ path, ast }: Source): FunctionSize[] {
  if (!ast) return [];
  const found: FunctionSize[] = [];
  for (const node of nodesOf(ast)) {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) continue;
    const first = ast.getLineAndCharacterOfPosition(node.getStart()).line;
    const last = ast.getLineAndCharacterOfPosition(node.getEnd()).line;
    found.push({ name: nameOf(node), path, line: first + 1, lines: last - first + 1 });
  }
  return found;
}

/** What a file imports: repository paths, `node:…` and names of packages. Types in comments do not count. */
export function importsOf({ path, ast }: Source): string[] {
  if (!ast) return [];
  const specifiers: string[] = [];
  for (const node of nodesOf(ast)) {
    const from =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
            ? node.argument.literal
            : undefined;
    if (from && ts.isStringLiteral(from)) specifiers.push(from.text);
  }
  return specifiers.map((specifier) => {
    if (specifier.startsWith('#kernels/')) return specifier.slice(1);
    if (specifier === '#navigator-gpu') return 'src/runtime/gpu.node.ts';
    return specifier.startsWith('.') ? posix.join(dirname(path), specifier) : specifier;
  });
}

/** The pieces of a file's strings and templates. */
export function stringsOf({ ast }: Source): string[] {
  if (!ast) return [];
  const isPiece = (node: ts.Node): node is ts.LiteralLikeNode =>
    ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
  return [...nodesOf(ast)].filter(isPiece).map((node) => node.text);
}

/** Names that a file uses without declaring or importing them: globals. */
export function globalsOf({ ast }: Source): Set<string> {
  const [used, declared] = [new Set<string>(), new Set<string>()];
  for (const node of ast ? nodesOf(ast) : []) {
    if (!ts.isIdentifier(node)) continue;
    const { parent } = node;
    const isMember =
      (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
      (ts.isPropertyAssignment(parent) && parent.name === node) ||
      (ts.isBindingElement(parent) && parent.propertyName === node) ||
      ts.isPropertySignature(parent) ||
      ts.isMethodDeclaration(parent);
    if (isMember) continue;
    const isDeclared = 'name' in parent && parent.name === node && !ts.isPropertyAccessExpression(parent);
    (isDeclared ? declared : used).add(node.text);
  }
  return new Set([...used].filter((name) => !declared.has(name)));
}
