import { readFileSync } from 'node:fs';
import Ajv, { type ValidateFunction } from 'ajv';
import { k8s } from 'cdk8s-plus-27';
import ts from 'typescript';

type Schema = Record<string, unknown>;

interface Typed {
  readonly apiVersion?: string;
  readonly kind?: string;
}

/**
 * The schema of the Kubernetes 1.27 API, taken from the typed objects of cdk8s-plus-27, which were generated from its OpenAPI
 * document: types and required fields from the declarations, the spelling of the fields from the serializers. Unknown fields are
 * refused everywhere, which the API does only when asked to validate strictly.
 */
export class KubernetesSchema {
  private readonly interfaces = new Map<string, ts.InterfaceDeclaration>();
  private readonly spelling: Map<string, Map<string, string>>;
  private readonly definitions: Record<string, Schema> = {};
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor() {
    const base = require.resolve('cdk8s-plus-27/lib/imports/k8s.js');
    this.spelling = readSpelling(readFileSync(base, 'utf8'));
    const declarations = readFileSync(base.replace(/js$/, 'd.ts'), 'utf8');
    const source = ts.createSourceFile('k8s.d.ts', declarations, ts.ScriptTarget.Latest);
    source.forEachChild((node) => {
      if (ts.isInterfaceDeclaration(node)) this.interfaces.set(node.name.text, node);
    });
  }

  /** What is wrong with an object, by path; undefined: its kind is none of Kubernetes' own. */
  problems(object: Typed): string[] | undefined {
    const name = kindName(object);
    if (name === undefined) return undefined;
    const validate = this.validator(name);
    const { apiVersion: _version, kind: _kind, ...rest } = object;
    if (validate(rest)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  private validator(name: string): ValidateFunction {
    const known = this.validators.get(name);
    if (known) return known;
    const root = this.reference(`${name}Props`);
    const validate = this.ajv.compile({ ...root, definitions: this.definitions });
    this.validators.set(name, validate);
    return validate;
  }

  private reference(name: string): Schema {
    if (!(name in this.definitions)) {
      this.definitions[name] = {};
      const declaration = this.interfaces.get(name);
      if (declaration === undefined) throw new Error(`no declaration of ${name}`);
      this.definitions[name] = this.object(name, declaration);
    }
    return { $ref: `#/definitions/${name}` };
  }

  private object(name: string, declaration: ts.InterfaceDeclaration): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const member of declaration.members) {
      if (!ts.isPropertySignature(member) || !ts.isIdentifier(member.name) || member.type === undefined)
        continue;
      const key = this.spelling.get(name)?.get(member.name.text) ?? member.name.text;
      properties[key] = this.type(member.type);
      if (member.questionToken === undefined) required.push(key);
    }
    return { type: 'object', properties, required, additionalProperties: false };
  }

  private type(node: ts.TypeNode): Schema {
    if (ts.isArrayTypeNode(node)) return { type: 'array', items: this.type(node.elementType) };
    if (ts.isTypeLiteralNode(node)) {
      const index = node.members.find(ts.isIndexSignatureDeclaration);
      return { type: 'object', additionalProperties: index ? this.type(index.type) : true };
    }
    if (node.kind === ts.SyntaxKind.StringKeyword) return { type: 'string' };
    if (node.kind === ts.SyntaxKind.NumberKeyword) return { type: 'number' };
    if (node.kind === ts.SyntaxKind.BooleanKeyword) return { type: 'boolean' };
    if (!ts.isTypeReferenceNode(node) || !ts.isIdentifier(node.typeName)) return {};
    const name = node.typeName.text;
    if (name === 'Quantity' || name === 'IntOrString') return { type: ['string', 'number'] };
    if (name === 'Date') return { type: 'string' };
    return this.interfaces.has(name) ? this.reference(name) : {};
  }
}

/** Name of the typed object of this version and kind. */
function kindName({ apiVersion, kind }: Typed): string | undefined {
  const found = Object.entries(k8s).find(([name, type]) => {
    const gvk = (type as { GVK?: Typed }).GVK;
    return name.startsWith('Kube') && gvk?.apiVersion === apiVersion && gvk?.kind === kind;
  });
  return found?.[0];
}

/** How each interface's properties are spelt in Kubernetes, by the lines of its serializer: `'clusterIP': obj.clusterIp`. */
function readSpelling(source: string): Map<string, Map<string, string>> {
  const spelling = new Map<string, Map<string, string>>();
  for (const [, name = '', body = ''] of source.matchAll(/^function toJson_(\w+)\(obj\) \{([\s\S]*?)^\}/gm)) {
    const keys = [...body.matchAll(/^\s+'([^']+)': .*?\bobj\.(\w+)/gm)];
    spelling.set(name, new Map(keys.map(([, key = '', property = '']) => [property, key])));
  }
  return spelling;
}
