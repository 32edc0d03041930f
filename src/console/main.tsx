import { createRoot } from 'react-dom/client';
import { WhoAmIDocument } from '../generated/console/graphql.ts';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<p>{WhoAmIDocument.toString()}</p>);
