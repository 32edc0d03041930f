/** Longer texts are sentences, and may be about anything. */
const REASON_LENGTH_MAX = 60;
/** Enough for codes such as `10.4`, and too few for a card, a telephone number or a document. */
const REASON_DIGITS_MAX = 6;
const REASON_FORM = /^[\p{L}\d\s.,:;'’()/_+-]+$/u;

/** What gateways and issuers say, whatever the case. Another word with a capital letter may be a name. */
const TRADE_WORDS: ReadonlySet<string> = new Set(
  `3d abroad acquirer address again age amount and api approved auth authentication authorization available avs back balance bank
  bin blacklisted blocked brand buyer by call capture card cardholder cardnumber code contact country credit currency customer cvc
  cvc2 cvv cvv2 data date debit decline declined declines denied disabled do does duplicate duplicated error exceeded exceeding exceeds exists
  expired expiry failed failure field filter for format found fraud from funds gateway general generic has honor honour id in
  inactive incorrect inoperative insufficient internal invalid is issuer later limit lookup lost match maximum mcc merchant minimum
  mismatch missing must name network no not number of on online operation or order original out partial partially payment permitted
  pick pickup pin please policy possible processing processor refer refund refused rejected request required restricted retry reversal
  risk rule sale scheme secure security service settle settled site soft sufficient state status stolen stop supported suspected
  suspicious switch system technical temporarily terminal the time timed timeout to token transaction try type unable unavailable
  unknown unsupported up validation value velocity void was with withdrawal wrong zip`.split(/\s+/),
);

/**
 * A reason in the gateway's or the issuer's words, if it is short and plain enough to be one: such texts come from many hands, and
 * may hold a card, an address or a name. Null for everything else.
 */
export function plainReason(text: string | null): string | null {
  const reason = text?.trim() ?? '';
  if (reason.length > REASON_LENGTH_MAX || !REASON_FORM.test(reason)) return null;
  if (reason.replaceAll(/\P{Decimal_Number}+/gu, '').length > REASON_DIGITS_MAX) return null;
  const words = reason.match(/[\p{L}\d]+/gu) ?? [];
  return words.every((word) => !/^\p{Lu}/u.test(word) || TRADE_WORDS.has(word.toLowerCase())) ? reason : null;
}

/** An issuer's code, such as `05` or `1A`. */
export function plainCode(text: string | null): string | null {
  return text !== null && /^\w{1,6}$/.test(text) ? text : null;
}
