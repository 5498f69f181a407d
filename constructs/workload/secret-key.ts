import { requireObjectName } from '../private/names';
import { refuse } from '../private/checks';

/** A reference to one key of an existing Secret of the namespace. No secret value is part of a manifest. */
export class SecretKey {
  /**
   * @param secret name of the Secret
   * @param key key in its data
   */
  static of(secret: string, key: string): SecretKey {
    requireObjectName('SecretKey.of', 'secret', secret);
    if (typeof key !== 'string' || !/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
      refuse('SecretKey.of', 'key', key, 'letters, digits and - . _');
    }
    return new SecretKey(secret, key);
  }

  private constructor(
    readonly secret: string,
    readonly key: string,
  ) {}

  toString(): string {
    return `SecretKey ${this.secret}/${this.key}`;
  }
}
