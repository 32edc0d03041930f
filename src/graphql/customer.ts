import { eraseCustomer } from '../customers/erase.ts';
import { countCustomers, findCustomer, listCustomers } from '../customers/read.ts';
import { checked } from '../endpoint/checked.ts';
import { connect, listInput } from '../endpoint/paging.ts';
import { call, requireMerchant } from './access.ts';
import { builder } from './builder.ts';
import { defineConnection, pagingArgs } from './connection.ts';
import { Billing } from './contact.ts';
import { CustomerObject } from './refs.ts';
import { CustomerSelectorInput, toCustomerSelector } from './selectors.ts';

CustomerObject.implement({
  description: 'Whom sessions and stored payment methods belong to.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the customer.' }),
    merchantInternalCustomerCode: t.exposeString('merchantInternalCustomerCode', {
      nullable: true,
      description:
        'The merchant’s own code. Null for the customer of a session that stored a payment method without naming anyone.',
    }),
    contact: t.expose('contact', {
      type: Billing,
      nullable: true,
      description: 'Who the customer is, as the first session told it. Null once erased.',
    }),
    isErased: t.exposeBoolean('isErased', { description: 'Whether the personal data was blanked.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the customer was recorded.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the customer changed last.' }),
  }),
});

const CustomerConnection = defineConnection('Customer', CustomerObject, 'customers');

builder.queryFields((t) => ({
  customer: t.field({
    type: CustomerObject,
    description: 'One customer of the merchant.',
    args: { by: t.arg({ type: CustomerSelectorInput, required: true, description: 'Which customer.' }) },
    resolve: (_root, { by }, context) => call(context, findCustomer, toCustomerSelector(by)),
  }),
  customers: t.field({
    type: CustomerConnection,
    description: 'The merchant’s customers, newest first.',
    args: pagingArgs,
    validate: checked(listInput({})),
    resolve: (_root, paging, context) => {
      const scope = requireMerchant(context);
      return connect(
        paging,
        (page) => listCustomers(context.deps, scope, page),
        () => countCustomers(context.deps, scope),
      );
    },
  }),
}));

builder.mutationField('eraseCustomer', (t) =>
  t.field({
    type: CustomerObject,
    description:
      'Cancels what a customer could still pay, detaches the stored payment methods and blanks personal data everywhere. The records of money stay. Safe to repeat, and cannot be undone.',
    args: { by: t.arg({ type: CustomerSelectorInput, required: true, description: 'Which customer.' }) },
    resolve: (_root, { by }, context) => call(context, eraseCustomer, toCustomerSelector(by)),
  }),
);
