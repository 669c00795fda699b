/**
 * The last look at a dump before it leaves. The configuration is redacted where its model is known; this catches what no
 * model knows, such as the options of a user's own filter, by the names that secrets go under.
 */

const mask = '[redacted]';
const secretKey =
  /(token|password|passwd|passphrase|secret|apikey|accesskey|privatekey|credentials?|authorization|cookie)$/;

/** User and password in a URL. */
const userinfo = /(:\/\/)[^/\s]*@/g;

/** A copy with what stands under a key, or in a `{name, value}` pair, that is named like a secret masked. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value === 'string') return value.replace(userinfo, `$1${mask}@`);
  if (typeof value !== 'object' || value === null) return value;
  const pairIsSecret = 'name' in value && typeof value.name === 'string' && namesSecret(value.name);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      const hide = namesSecret(key) || (pairIsSecret && key === 'value');
      return [key, hide && saysSomething(inner) ? mask : withoutSecrets(inner)];
    }),
  );
}

/** Empty and yes-or-no values tell nothing, and "no token is set" is worth seeing. */
function saysSomething(value: unknown): boolean {
  return value !== '' && value !== null && value !== undefined && typeof value !== 'boolean';
}

/** Case and separators do not count: `api_key`, `apiKey` and `X-Api-Key` are one name. */
function namesSecret(name: string): boolean {
  return secretKey.test(name.toLowerCase().replace(/[^a-z]/g, ''));
}
