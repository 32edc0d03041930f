import { type DocumentNode, Kind, type OperationDefinitionNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { refuse } from '../endpoint/errors.ts';

const PAYMENT_PLANS = /^merchantApiPaymentPlan/;

/** Documents of the SDKs for what the schema leaves out get one clear answer instead of a list of unknown types. */
export function refusePaymentPlans(): Plugin {
  return {
    onValidate({ params, setResult }) {
      if (!isForPlans(params.documentAST as DocumentNode)) return;
      setResult([refuse('UNSUPPORTED', 'Tollgate has no payment plans and no templates of them. Nothing was done.')]);
    },
  };
}

function isForPlans({ definitions }: DocumentNode): boolean {
  const operations = definitions.filter((node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION);
  const roots = operations.flatMap(({ selectionSet }) => selectionSet.selections);
  return roots.some((node) => node.kind === Kind.FIELD && PAYMENT_PLANS.test(node.name.value));
}
