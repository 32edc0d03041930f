/** What GraphiQL shows first: a session that can be paid at once. */
export const EXAMPLE_QUERY = `# Put a secret key into the Headers tab below, then run this. Open checkoutUrl and pay with 4242 4242 4242 4242.
mutation StartPaymentSession {
  startPaymentSession(
    provider: { transactionProvider: EXAMPLE }
    data: {
      merchantInternalTransactionCode: "order-8821"
      amount: "10000"
      currency: USD
      storePaymentMethod: false
      billing: {
        billingFirstName: "Jane"
        billingLastName: "Smith"
        billingEmail: "jane@example.com"
        billingAddressCountry: US
      }
    }
  ) {
    id
    status
    action
    amount
    currency
    checkoutUrl
    tokenExpiresAt
  }
}

# Run this after the payment. Only the returned status tells the outcome.
mutation VerifyPaymentSession {
  verifyPaymentSession(by: { merchantInternalTransactionCode: "order-8821" }) {
    id
    status
    amount
    refundableAmount
    decline {
      reason
      advice
    }
  }
}
`;

export const EXAMPLE_HEADERS = JSON.stringify({ Authorization: 'Bearer sk_test_PUT_YOUR_KEY_HERE' }, null, 2);
