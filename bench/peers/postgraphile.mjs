// The page of 50 on PostGraphile 5, which makes its schema from the database. It knows no keys: the request names the merchant.
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

const { DATABASE_URL, TOLLGATE_DATABASE_POOL_SIZE, PORT, HOST } = process.env;

const server = createServer();
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: DATABASE_URL, poolConfig: { max: Number(TOLLGATE_DATABASE_POOL_SIZE) } })],
  grafserv: { graphqlPath: '/graphql', graphiqlPath: '/ready', watch: false },
});
await instance.createServ(grafserv).addTo(server);
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit());
