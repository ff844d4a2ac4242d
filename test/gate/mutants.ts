import ts from 'typescript';

/** One small change of a source, as a person would describe it. */
export interface Mutant {
  /** Where and what, in words that move with the code: `decide: nowUs > a → nowUs >= a`. */
  readonly name: string;
  readonly line: number;
  readonly source: string;
}

const swaps: Partial<Record<ts.SyntaxKind, readonly string[]>> = {
  [ts.SyntaxKind.LessThanToken]: ['<=', '>'],
  [ts.SyntaxKind.LessThanEqualsToken]: ['<', '>='],
  [ts.SyntaxKind.GreaterThanToken]: ['>=', '<'],
  [ts.SyntaxKind.GreaterThanEqualsToken]: ['>', '<='],
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: ['!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: ['==='],
  [ts.SyntaxKind.AmpersandAmpersandToken]: ['||'],
  [ts.SyntaxKind.BarBarToken]: ['&&'],
  [ts.SyntaxKind.QuestionQuestionToken]: ['&&'],
  [ts.SyntaxKind.PlusToken]: ['-'],
  [ts.SyntaxKind.MinusToken]: ['+'],
  [ts.SyntaxKind.AsteriskToken]: ['+'],
  [ts.SyntaxKind.SlashToken]: ['*'],
  [ts.SyntaxKind.PercentToken]: ['+'],
  [ts.SyntaxKind.BarEqualsToken]: ['=', '&='],
  [ts.SyntaxKind.PlusEqualsToken]: ['-=', '='],
  [ts.SyntaxKind.MinusEqualsToken]: ['+=', '='],
  [ts.SyntaxKind.LessThanLessThanToken]: ['>>'],
};

/**
 * Every small change of a source that its tests must notice: comparisons, arithmetic, logic, numbers, texts, calls of
 * `Math`, and statements left out. Types and imports stay as they are.
 */
export function mutantsOf(text: string): Mutant[] {
  const file = ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2022, true);
  const mutants: Mutant[] = [];
  visit(file, '');
  return mutants;

  function visit(node: ts.Node, place: string): void {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    const here = nameOf(node) ?? place;
    for (const [from, to, by] of changesOf(node)) {
      const was = text.slice(from, to);
      const source = text.slice(0, from) + by + text.slice(to);
      const whole = ts.isStatement(node) ? node : node.parent;
      const context = ts.isBinaryExpression(node) ? node.getText() : whole.getText().split('\n')[0]!.slice(0, 90);
      const line = file.getLineAndCharacterOfPosition(from).line + 1;
      const change = by === '' ? `without ${short(was)}` : `${short(was)} → ${short(by)}`;
      mutants.push({ name: `${here}: ${change} in ${short(context)}`, line, source });
    }
    ts.forEachChild(node, (child) => visit(child, here));
  }

  function changesOf(node: ts.Node): [from: number, to: number, by: string][] {
    const start = node.getStart();
    const end = node.getEnd();
    const own = (by: string): [number, number, string] => [start, end, by];
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken;
      const changed = (swaps[operator.kind] ?? []).map((by): [number, number, string] => [
        operator.getStart(),
        operator.getEnd(),
        by,
      ]);
      const logical =
        operator.kind === ts.SyntaxKind.AmpersandAmpersandToken || operator.kind === ts.SyntaxKind.BarBarToken;
      return logical ? [...changed, own(node.left.getText()), own(node.right.getText())] : changed;
    }
    if (ts.isPrefixUnaryExpression(node)) {
      const operand = node.operand.getText();
      if (node.operator === ts.SyntaxKind.ExclamationToken || node.operator === ts.SyntaxKind.MinusToken)
        return [own(operand)];
      return [own(node.operator === ts.SyntaxKind.PlusPlusToken ? `--${operand}` : `++${operand}`)];
    }
    if (ts.isPostfixUnaryExpression(node)) {
      const operand = node.operand.getText();
      return [own(node.operator === ts.SyntaxKind.PlusPlusToken ? `${operand}--` : `${operand}++`), own(operand)];
    }
    if (ts.isNumericLiteral(node)) return [own(`${Number(node.text) + 1}`), own(`(${Number(node.text) - 1})`)];
    if (ts.isStringLiteral(node)) return [own("'mutant'")];
    if (node.kind === ts.SyntaxKind.TrueKeyword) return [own('false')];
    if (node.kind === ts.SyntaxKind.FalseKeyword) return [own('true')];
    if (ts.isIfStatement(node)) {
      const { expression } = node;
      return ['true', 'false'].map((by) => [expression.getStart(), expression.getEnd(), by]);
    }
    if (ts.isConditionalExpression(node)) return [own(node.whenTrue.getText()), own(node.whenFalse.getText())];
    if (ts.isWhileStatement(node)) return [[node.expression.getStart(), node.expression.getEnd(), 'false']];
    if (ts.isForStatement(node) && node.condition)
      return [[node.condition.getStart(), node.condition.getEnd(), 'false']];
    if (ts.isReturnStatement(node) && node.expression && node.parent.parent.kind !== ts.SyntaxKind.SourceFile)
      return [own('')];
    if (ts.isExpressionStatement(node) || ts.isContinueStatement(node) || ts.isThrowStatement(node)) return [own('')];
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const [first] = node.arguments;
      const called = node.expression.name.text;
      const opposite = { min: 'Math.max', max: 'Math.min' }[called];
      const { name } = node.expression;
      if (node.expression.expression.getText() === 'Math') {
        if (opposite !== undefined) return [[start, name.getEnd(), opposite], own(first!.getText())];
        return [own(`(${first!.getText()})`)];
      }
      if (called === 'filter') return [own(node.expression.expression.getText())];
      if (called === 'some') return [[name.getStart(), name.getEnd(), 'every']];
    }
    return [];
  }
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isConstructorDeclaration(node)) return `${node.parent.name?.text ?? ''}.constructor`;
  if (ts.isMethodDeclaration(node) || ts.isGetAccessor(node) || ts.isFunctionDeclaration(node))
    return node.name?.getText();
  if (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent)) return node.name.getText();
  return ts.isPropertyDeclaration(node) ? node.name.getText() : undefined;
}

const short = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 100);
