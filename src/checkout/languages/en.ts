import type { Sentences } from '../sentences.ts';

const en: Sentences = {
  purposes: { PAYMENT: 'You pay', AUTHORIZATION: 'Held on your card', ADD_PAYMENT_METHOD: 'Store your card' },
  amount: 'Amount',
  consequences: {
    PAYMENT: () => 'Your card is charged when you pay.',
    AUTHORIZATION: (shop) => `Not charged yet: ${shop} charges it later, or lets it go.`,
    ADD_PAYMENT_METHOD: (shop) => `Nothing is charged now. ${shop} can charge this card later, as you agreed there.`,
  },
  storesCard: (shop) => `Your card is stored, so that ${shop} can charge it later, as you agreed there.`,
  testMode: 'Test mode: no real money moves',
  timeLeft: 'Time left',
  minutesLeft: (minutes) => (minutes === 1 ? 'One minute left to pay.' : `${minutes} minutes left to pay.`),
  timeOver: 'The time is over. Checking whether you can still pay…',
  opening: 'Opening the checkout…',
  offline: 'You are offline.',

  cardHeading: 'Card details',
  cardGoesTo: 'They go to the payment provider. The shop never sees them.',
  labels: { number: 'Card number', expiry: 'Expiry', cvc: 'Security code', holder: 'Name on the card' },
  expiryHint: 'MM / YY',
  cvcHint: '3 or 4 digits',
  problems: {
    'number-missing': 'Type the card number.',
    'number-wrong': 'This is not a card number. Check the digits.',
    'number-unknown': 'This card is not taken here. Use another one.',
    'expiry-missing': 'Type month and year.',
    'expiry-wrong': 'Type it as 12 / 34.',
    'expiry-past': 'This card has expired.',
    'cvc-wrong': 'Type the 3 or 4 digits.',
  },
  pay: {
    PAYMENT: (amount) => `Pay ${amount}`,
    AUTHORIZATION: (amount) => `Hold ${amount}`,
    ADD_PAYMENT_METHOD: () => 'Store this card',
  },
  confirming: 'Asking your bank…',
  footer: 'Checkout by Tollgate',

  declined: 'Card not accepted',
  declines: {
    insufficient_funds: 'There is not enough money on this card. Nothing was charged.',
    expired_card: 'This card has expired. Nothing was charged.',
    incorrect_cvc: 'The security code is not right. Nothing was charged.',
    processing_error: 'The bank could not process the card. Nothing was charged.',
    authentication_failed: 'The bank could not confirm that it is you. Nothing was charged.',
    other: 'Your bank declined the card. Nothing was charged.',
  },
  nothingHappened: {
    heading: 'Nothing was charged',
    text: 'The connection broke before your bank was asked. You can safely try again.',
  },
  busy: { heading: 'The bank is busy', text: 'Nothing was charged. Try again in a moment.' },
  unsent: { heading: 'You are offline', text: 'Nothing was sent and nothing was charged. Try again once you are connected.' },
  triesLeft: (count) => (count === 1 ? 'You can try once more.' : `You can try ${count} more times.`),

  unreachable: {
    heading: 'The checkout cannot be reached',
    text: 'Nothing was sent and nothing was charged. Check your connection and try again.',
  },
  waiting: {
    bank: { heading: 'Your bank is deciding', text: 'This takes a moment. Please keep this page open.' },
    start: { heading: 'Getting your payment ready', text: 'This takes a moment.' },
    end: { heading: 'This payment is being closed', text: 'Nothing more can be paid here.' },
    claim: { heading: 'Confirming your payment', text: 'Your card was accepted. Waiting for the last word; do not pay again.' },
  },
  waitingGivenUp: {
    heading: 'It takes longer than usual',
    text: 'You can close this page: the shop will be told. Do not pay again unless the shop asks you to.',
  },
  uncertain: {
    heading: 'We do not know yet whether your card was charged',
    text: 'The connection broke while your bank was being asked. Do not pay again: we are finding out.',
  },
  uncertainGivenUp: 'Still no answer. Do not pay again. Check your connection, then ask once more.',
  checkAgain: 'Check again',
  checking: 'Checking…',

  challenged: {
    heading: 'Your bank wants to know that it is you',
    text: 'Confirm the payment at your bank, then you come back here.',
  },
  leaving: { heading: 'Taking you to your bank', text: 'Confirm there that it is you. You come back here afterwards.' },
  challengedApart: {
    heading: 'Your bank wants to know that it is you',
    text: 'Its page opens in a tab of its own. Come back to this one afterwards.',
  },
  toBank: 'Continue to your bank',

  endings: {
    paid: { heading: 'Paid. Thank you.', text: 'Your payment went through.' },
    held: { heading: 'The amount is held on your card', text: 'It is not charged yet.' },
    stored: { heading: 'Your card is stored', text: 'Nothing was charged.' },
    declined: { heading: 'This payment is closed', text: 'The card was declined too often. Nothing was charged.' },
    canceled: { heading: 'This payment was canceled', text: 'Nothing was charged.' },
    expired: { heading: 'The time for this payment is over', text: 'Nothing was charged. Start again at the shop.' },
    failed: { heading: 'This payment cannot be completed', text: 'Ask the shop what to do, before you pay again.' },
    invalid: { heading: 'This link is not valid any more', text: 'Ask the shop for a new one.' },
    incomplete: { heading: 'This link is not complete', text: 'Open it again from the shop.' },
    elsewhere: { heading: 'Your bank has your answer', text: 'Close this tab and go back to the one with your payment.' },
    unserved: { heading: 'This payment cannot be made here', text: 'Pay on the page of the shop.' },
  },
  backToShop: (shop) => `Back to ${shop}`,
  returning: (seconds) => (seconds === 1 ? 'You are taken back in a second.' : `You are taken back in ${seconds} seconds.`),
  stayHere: 'Stay here',

  testCards: 'Test cards',
  testCardsIntro: 'Only test cards work here, and no money moves. Pick one:',
  testCardEffects: {
    approved: 'approved',
    declined: 'declined',
    challenged: 'asks who you are',
    late: 'approved a little later',
  },
};

export default en;
