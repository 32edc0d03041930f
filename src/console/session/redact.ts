/** Names of payload fields that open something in a browser. What is named otherwise and looks like one is covered too. */
const SECRET_NAMES = /secret|token|password|signature|authorization/i;
const SECRET_FORM = /^(?:pi|seti|pk|sk|rk|whsec|cst|exm_tok)_?\w*_secret_|^(?:exm_tok|cst|sk|rk|whsec)_/;
const PERSONAL_NAMES = /^(?:billing|billingDetails|shipping|user|email|phone|name|firstName|lastName|address)$/;

const COVERED = '••••••';

/** The payload as it may stand on a screen that others see: secrets and personal data are covered, everything else is as it is. */
export function redact(value: unknown, name = ''): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
  if (PERSONAL_NAMES.test(name)) return COVERED;
  if (typeof value === 'string') return SECRET_NAMES.test(name) || SECRET_FORM.test(value) ? COVERED : value;
  if (Array.isArray(value)) return value.map((item) => redact(item, name));
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, redact(item, key)]));
}
