import type { Sentences } from '../sentences.ts';

const en: Sentences = {
  purposes: { PAYMENT: 'You pay', AUTHORIZATION: 'To be held on your card', ADD_PAYMENT_METHOD: 'Store your card' },
  amount: 'Amount',
  consequences: {
    PAYMENT: () => 'Your card is charged when you pay.',
    AUTHORIZATION: (shop) => `Nothing is taken yet: ${shop} takes it later, or lets it go.`,
    ADD_PAYMENT_METHOD: (shop) => `Nothing is charged now. ${shop} can charge this card later, as you agreed there.`,
  },
  nothingDone: {
    PAYMENT: 'Nothing was charged.',
    AUTHORIZATION: 'Nothing was held or charged.',
    ADD_PAYMENT_METHOD: 'No card was stored.',
  },
  storesCard: (shop) => `Your card is stored, so that ${shop} can charge it later, as you agreed there.`,
  testMode: 'Test mode: no real money moves',
  timeLeft: 'Time left',
  minutesLeft: (minutes) => (minutes === 1 ? 'One minute left.' : `${minutes} minutes left.`),
  timeOver: 'The time is over. Checking whether you can still go on…',
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
    insufficient_funds: 'There is not enough money on this card.',
    expired_card: 'This card has expired.',
    incorrect_cvc: 'The security code is not right.',
    processing_error: 'The bank could not process the card.',
    authentication_failed: 'The bank could not confirm that it is you.',
    other: 'Your bank declined the card.',
  },
  unanswered: { heading: 'You can try again', text: 'Nothing has come of your last try so far.' },
  busy: { heading: 'The bank is busy', text: 'Try again in a moment.' },
  unsent: { heading: 'You are offline', text: 'Nothing was sent. Try again once you are connected.' },
  triesLeft: (count) => (count === 1 ? 'You can try once more.' : `You can try ${count} more times.`),

  unreachable: { heading: 'The checkout cannot be reached', text: 'Check your connection and try again.' },
  waiting: {
    bank: { heading: 'Your bank is deciding', text: 'This takes a moment. Please keep this page open.' },
    start: { heading: 'Getting ready', text: 'This takes a moment.' },
    end: { heading: 'This checkout is being closed', text: 'How it ended is told here as soon as it is known.' },
    claim: {
      heading: 'Waiting for confirmation',
      text: 'Your card was accepted, and the last word is to come. Do not try again.',
    },
  },
  waitingGivenUp: {
    heading: 'It takes longer than usual',
    text: 'You can close this page: the shop will be told. Do not try again unless the shop asks you to.',
  },
  uncertain: {
    heading: 'We do not know yet whether it went through',
    text: 'Your bank was asked, and its answer has not come here. Do not try again: we are asking the payment provider.',
  },
  uncertainGivenUp: 'Still no answer. Do not try again. Check your connection and ask once more, or ask the shop.',
  checkAgain: 'Check again',
  checking: 'Checking…',

  challenged: {
    heading: 'Your bank wants to know that it is you',
    text: 'Confirm it at your bank, then you come back here.',
  },
  challengedApart: {
    heading: 'Your bank wants to know that it is you',
    text: 'Its page opens in a tab of its own. Come back to this one afterwards.',
  },
  toBank: 'Continue to your bank',

  endings: {
    paid: { heading: 'Paid. Thank you.', text: 'Your payment went through.' },
    held: { heading: 'The amount is held on your card', text: 'Nothing is taken yet.' },
    stored: { heading: 'Your card is stored', text: 'Nothing was charged.' },
    declined: { heading: 'This checkout is closed', text: 'The card was declined too often.' },
    canceled: { heading: 'This checkout was canceled', text: 'Start again at the shop.' },
    expired: { heading: 'The time for this checkout is over', text: 'Start again at the shop.' },
    failed: { heading: 'This checkout cannot go on', text: 'Ask the shop what has come of it before you try again.' },
    invalid: { heading: 'This link is not valid any more', text: 'Ask the shop for a new one.' },
    incomplete: { heading: 'This link is not complete', text: 'Open it again from the shop.' },
    elsewhere: { heading: 'Your checkout waits in another tab', text: 'Close this one and go back to it.' },
    unserved: { heading: 'This cannot be done here', text: 'Go on at the page of the shop.' },
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
