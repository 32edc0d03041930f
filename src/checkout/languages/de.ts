import type { Sentences } from '../sentences.ts';

const de: Sentences = {
  purposes: { PAYMENT: 'Sie zahlen', AUTHORIZATION: 'Wird auf Ihrer Karte reserviert', ADD_PAYMENT_METHOD: 'Karte speichern' },
  amount: 'Betrag',
  consequences: {
    PAYMENT: () => 'Ihre Karte wird beim Zahlen belastet.',
    AUTHORIZATION: (shop) => `Noch wird nichts abgebucht: ${shop} bucht den Betrag später ab oder gibt ihn frei.`,
    ADD_PAYMENT_METHOD: (shop) =>
      `Jetzt wird nichts belastet. ${shop} kann diese Karte später belasten, wie dort mit Ihnen vereinbart.`,
  },
  nothingDone: {
    PAYMENT: 'Es wurde nichts belastet.',
    AUTHORIZATION: 'Es wurde nichts reserviert oder belastet.',
    ADD_PAYMENT_METHOD: 'Es wurde keine Karte gespeichert.',
  },
  storesCard: (shop) => `Ihre Karte wird gespeichert, damit ${shop} sie später belasten kann, wie dort mit Ihnen vereinbart.`,
  testMode: 'Testbetrieb: Es fließt kein echtes Geld',
  timeLeft: 'Verbleibende Zeit',
  minutesLeft: (minutes) => (minutes === 1 ? 'Noch eine Minute.' : `Noch ${minutes} Minuten.`),
  timeOver: 'Die Zeit ist um. Wir prüfen, ob es noch weitergeht …',
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
    insufficient_funds: 'Die Karte ist nicht ausreichend gedeckt.',
    expired_card: 'Die Karte ist abgelaufen.',
    incorrect_cvc: 'Die Prüfnummer stimmt nicht.',
    processing_error: 'Die Bank konnte die Karte nicht verarbeiten.',
    authentication_failed: 'Die Bank konnte nicht bestätigen, dass Sie es sind.',
    other: 'Ihre Bank hat die Karte abgelehnt.',
  },
  unanswered: { heading: 'Sie können es noch einmal versuchen', text: 'Ihr letzter Versuch hat bisher zu nichts geführt.' },
  busy: { heading: 'Die Bank ist überlastet', text: 'Versuchen Sie es gleich noch einmal.' },
  unsent: {
    heading: 'Sie sind offline',
    text: 'Es wurde nichts gesendet. Versuchen Sie es noch einmal, sobald Sie verbunden sind.',
  },
  triesLeft: (count) => (count === 1 ? 'Sie haben noch einen Versuch.' : `Sie haben noch ${count} Versuche.`),

  unreachable: {
    heading: 'Die Zahlungsseite ist nicht erreichbar',
    text: 'Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
  },
  waiting: {
    bank: { heading: 'Ihre Bank entscheidet', text: 'Das dauert einen Moment. Bitte lassen Sie diese Seite geöffnet.' },
    start: { heading: 'Einen Augenblick', text: 'Das dauert einen Moment.' },
    end: { heading: 'Dieser Vorgang wird geschlossen', text: 'Wie er endet, steht hier, sobald es bekannt ist.' },
    claim: {
      heading: 'Wir warten auf die Bestätigung',
      text: 'Ihre Karte wurde angenommen, das letzte Wort steht noch aus. Versuchen Sie es nicht noch einmal.',
    },
  },
  waitingGivenUp: {
    heading: 'Es dauert länger als sonst',
    text: 'Sie können diese Seite schließen: Der Shop erfährt das Ergebnis. Versuchen Sie es nur dann noch einmal, wenn der Shop Sie darum bittet.',
  },
  uncertain: {
    heading: 'Wir wissen noch nicht, ob es geklappt hat',
    text: 'Ihre Bank wurde gefragt, ihre Antwort kam hier nicht an. Versuchen Sie es nicht noch einmal: Wir fragen den Zahlungsdienst.',
  },
  uncertainGivenUp:
    'Noch immer keine Antwort. Versuchen Sie es nicht noch einmal. Prüfen Sie Ihre Verbindung und fragen Sie erneut, oder fragen Sie den Shop.',
  checkAgain: 'Erneut prüfen',
  checking: 'Wird geprüft …',

  challenged: {
    heading: 'Ihre Bank möchte wissen, dass Sie es sind',
    text: 'Bestätigen Sie es bei Ihrer Bank, danach kommen Sie hierher zurück.',
  },
  challengedApart: {
    heading: 'Ihre Bank möchte wissen, dass Sie es sind',
    text: 'Ihre Seite öffnet sich in einem eigenen Tab. Kommen Sie danach zu diesem zurück.',
  },
  toBank: 'Weiter zu Ihrer Bank',

  endings: {
    paid: { heading: 'Bezahlt. Vielen Dank.', text: 'Ihre Zahlung ist durchgegangen.' },
    held: { heading: 'Der Betrag ist auf Ihrer Karte reserviert', text: 'Noch wird nichts abgebucht.' },
    stored: { heading: 'Ihre Karte ist gespeichert', text: 'Es wurde nichts belastet.' },
    declined: { heading: 'Dieser Vorgang ist geschlossen', text: 'Die Karte wurde zu oft abgelehnt.' },
    canceled: { heading: 'Dieser Vorgang wurde abgebrochen', text: 'Beginnen Sie im Shop von vorn.' },
    expired: { heading: 'Die Zeit für diesen Vorgang ist um', text: 'Beginnen Sie im Shop von vorn.' },
    failed: {
      heading: 'Hier geht es nicht weiter',
      text: 'Fragen Sie den Shop, was daraus geworden ist, bevor Sie es noch einmal versuchen.',
    },
    invalid: { heading: 'Dieser Link gilt nicht mehr', text: 'Bitten Sie den Shop um einen neuen.' },
    incomplete: { heading: 'Dieser Link ist unvollständig', text: 'Öffnen Sie ihn noch einmal vom Shop aus.' },
    elsewhere: {
      heading: 'Ihr Vorgang wartet in einem anderen Tab',
      text: 'Schließen Sie diesen und kehren Sie dorthin zurück.',
    },
    unserved: { heading: 'Das ist hier nicht möglich', text: 'Machen Sie auf der Seite des Shops weiter.' },
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
