import type { Sentences } from '../sentences.ts';

const de: Sentences = {
  purposes: { PAYMENT: 'Sie zahlen', AUTHORIZATION: 'Auf Ihrer Karte reserviert', ADD_PAYMENT_METHOD: 'Karte speichern' },
  amount: 'Betrag',
  consequences: {
    PAYMENT: () => 'Ihre Karte wird beim Zahlen belastet.',
    AUTHORIZATION: (shop) => `Noch nicht belastet: ${shop} belastet die Karte später oder gibt den Betrag frei.`,
    ADD_PAYMENT_METHOD: (shop) =>
      `Jetzt wird nichts belastet. ${shop} kann diese Karte später belasten, wie dort mit Ihnen vereinbart.`,
  },
  storesCard: (shop) => `Ihre Karte wird gespeichert, damit ${shop} sie später belasten kann, wie dort mit Ihnen vereinbart.`,
  testMode: 'Testbetrieb: Es fließt kein echtes Geld',
  timeLeft: 'Verbleibende Zeit',
  minutesLeft: (minutes) => (minutes === 1 ? 'Noch eine Minute zum Zahlen.' : `Noch ${minutes} Minuten zum Zahlen.`),
  timeOver: 'Die Zeit ist um. Wir prüfen, ob Sie noch zahlen können …',
  opening: 'Die Zahlungsseite wird geöffnet …',
  offline: 'Sie sind offline.',

  cardHeading: 'Kartendaten',
  cardGoesTo: 'Sie gehen an den Zahlungsdienst. Der Shop sieht sie nie.',
  labels: { number: 'Kartennummer', expiry: 'Gültig bis', cvc: 'Prüfnummer', holder: 'Name auf der Karte' },
  expiryHint: 'MM / JJ',
  cvcHint: '3 oder 4 Ziffern',
  problems: {
    'number-missing': 'Geben Sie die Kartennummer ein.',
    'number-wrong': 'Das ist keine Kartennummer. Prüfen Sie die Ziffern.',
    'number-unknown': 'Diese Karte wird hier nicht angenommen. Nehmen Sie eine andere.',
    'expiry-missing': 'Geben Sie Monat und Jahr ein.',
    'expiry-wrong': 'Schreiben Sie es als 12 / 34.',
    'expiry-past': 'Diese Karte ist abgelaufen.',
    'cvc-wrong': 'Geben Sie die 3 oder 4 Ziffern ein.',
  },
  pay: {
    PAYMENT: (amount) => `${amount} zahlen`,
    AUTHORIZATION: (amount) => `${amount} reservieren`,
    ADD_PAYMENT_METHOD: () => 'Karte speichern',
  },
  confirming: 'Ihre Bank wird gefragt …',
  footer: 'Zahlungsseite von Tollgate',

  declined: 'Karte nicht angenommen',
  declines: {
    insufficient_funds: 'Die Karte ist nicht ausreichend gedeckt. Es wurde nichts belastet.',
    expired_card: 'Die Karte ist abgelaufen. Es wurde nichts belastet.',
    incorrect_cvc: 'Die Prüfnummer stimmt nicht. Es wurde nichts belastet.',
    processing_error: 'Die Bank konnte die Karte nicht verarbeiten. Es wurde nichts belastet.',
    authentication_failed: 'Die Bank konnte nicht bestätigen, dass Sie es sind. Es wurde nichts belastet.',
    other: 'Ihre Bank hat die Karte abgelehnt. Es wurde nichts belastet.',
  },
  nothingHappened: {
    heading: 'Es wurde nichts belastet',
    text: 'Die Verbindung brach ab, bevor Ihre Bank gefragt wurde. Sie können es unbesorgt noch einmal versuchen.',
  },
  busy: { heading: 'Die Bank ist überlastet', text: 'Es wurde nichts belastet. Versuchen Sie es gleich noch einmal.' },
  unsent: {
    heading: 'Sie sind offline',
    text: 'Es wurde nichts gesendet und nichts belastet. Versuchen Sie es noch einmal, sobald Sie verbunden sind.',
  },
  triesLeft: (count) => (count === 1 ? 'Sie haben noch einen Versuch.' : `Sie haben noch ${count} Versuche.`),

  unreachable: {
    heading: 'Die Zahlungsseite ist nicht erreichbar',
    text: 'Es wurde nichts gesendet und nichts belastet. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
  },
  waiting: {
    bank: { heading: 'Ihre Bank entscheidet', text: 'Das dauert einen Moment. Bitte lassen Sie diese Seite geöffnet.' },
    start: { heading: 'Ihre Zahlung wird vorbereitet', text: 'Das dauert einen Moment.' },
    end: { heading: 'Diese Zahlung wird geschlossen', text: 'Hier kann nichts mehr bezahlt werden.' },
    claim: {
      heading: 'Ihre Zahlung wird bestätigt',
      text: 'Ihre Karte wurde angenommen. Wir warten auf das letzte Wort; zahlen Sie nicht noch einmal.',
    },
  },
  waitingGivenUp: {
    heading: 'Es dauert länger als sonst',
    text: 'Sie können diese Seite schließen: Der Shop erfährt das Ergebnis. Zahlen Sie nur dann noch einmal, wenn der Shop Sie darum bittet.',
  },
  uncertain: {
    heading: 'Wir wissen noch nicht, ob Ihre Karte belastet wurde',
    text: 'Die Verbindung brach ab, während Ihre Bank gefragt wurde. Zahlen Sie nicht noch einmal: Wir finden es heraus.',
  },
  uncertainGivenUp:
    'Noch immer keine Antwort. Zahlen Sie nicht noch einmal. Prüfen Sie Ihre Verbindung und fragen Sie dann erneut.',
  checkAgain: 'Erneut prüfen',
  checking: 'Wird geprüft …',

  challenged: {
    heading: 'Ihre Bank möchte wissen, dass Sie es sind',
    text: 'Bestätigen Sie die Zahlung bei Ihrer Bank, danach kommen Sie hierher zurück.',
  },
  leaving: {
    heading: 'Sie werden zu Ihrer Bank geleitet',
    text: 'Bestätigen Sie dort, dass Sie es sind. Danach kommen Sie hierher zurück.',
  },
  challengedApart: {
    heading: 'Ihre Bank möchte wissen, dass Sie es sind',
    text: 'Ihre Seite öffnet sich in einem eigenen Tab. Kommen Sie danach zu diesem zurück.',
  },
  toBank: 'Weiter zu Ihrer Bank',

  endings: {
    paid: { heading: 'Bezahlt. Vielen Dank.', text: 'Ihre Zahlung ist durchgegangen.' },
    held: { heading: 'Der Betrag ist auf Ihrer Karte reserviert', text: 'Er ist noch nicht belastet.' },
    stored: { heading: 'Ihre Karte ist gespeichert', text: 'Es wurde nichts belastet.' },
    declined: { heading: 'Diese Zahlung ist geschlossen', text: 'Die Karte wurde zu oft abgelehnt. Es wurde nichts belastet.' },
    canceled: { heading: 'Diese Zahlung wurde abgebrochen', text: 'Es wurde nichts belastet.' },
    expired: { heading: 'Die Zeit für diese Zahlung ist um', text: 'Es wurde nichts belastet. Beginnen Sie im Shop von vorn.' },
    failed: {
      heading: 'Diese Zahlung kann nicht abgeschlossen werden',
      text: 'Fragen Sie den Shop, was zu tun ist, bevor Sie noch einmal zahlen.',
    },
    invalid: { heading: 'Dieser Link gilt nicht mehr', text: 'Bitten Sie den Shop um einen neuen.' },
    incomplete: { heading: 'Dieser Link ist unvollständig', text: 'Öffnen Sie ihn noch einmal vom Shop aus.' },
    elsewhere: {
      heading: 'Ihre Bank hat Ihre Antwort',
      text: 'Schließen Sie diesen Tab und kehren Sie zu dem mit Ihrer Zahlung zurück.',
    },
    unserved: { heading: 'Diese Zahlung ist hier nicht möglich', text: 'Zahlen Sie auf der Seite des Shops.' },
  },
  backToShop: (shop) => `Zurück zu ${shop}`,
  returning: (seconds) =>
    seconds === 1 ? 'Sie werden in einer Sekunde zurückgeleitet.' : `Sie werden in ${seconds} Sekunden zurückgeleitet.`,
  stayHere: 'Hier bleiben',

  testCards: 'Testkarten',
  testCardsIntro: 'Hier funktionieren nur Testkarten, und es fließt kein Geld. Wählen Sie eine:',
  testCardEffects: {
    approved: 'angenommen',
    declined: 'abgelehnt',
    challenged: 'fragt, wer Sie sind',
    late: 'etwas später angenommen',
  },
};

export default de;
