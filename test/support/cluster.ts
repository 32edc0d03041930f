import { join } from 'node:path';
import { freePort } from '../../src/cli/ports.ts';
import { openWorkshop, type Workshop } from './server-tools.ts';

/** A PostgreSQL server of a test's own, with TLS, beside whatever else runs on the machine. */
export interface Cluster {
  readonly port: number;
  /** The authority that signed the server's certificate, and another one. */
  readonly authority: string;
  readonly otherAuthority: string;
  /** The certificate and key of the client `carol`, whose key has no password. */
  readonly clientCert: string;
  readonly clientKey: string;
  /** Where its Unix socket is. */
  readonly socketFolder: string;
  /** Starts it again as a standby, which can be read only. */
  becomeStandby(): Promise<void>;
  close(): Promise<void>;
}

export const CLUSTER_PROGRAMS = ['initdb', 'pg_ctl', 'openssl'] as const;

/** Who may log in how; the first line that fits decides. */
const HBA = `
local   all all                   trust
host    all postgres 127.0.0.1/32 trust
hostssl all carol    127.0.0.1/32 cert
hostssl all erin     127.0.0.1/32 scram-sha-256
hostnossl all erin   127.0.0.1/32 reject
host    all frank    127.0.0.1/32 reject
host    all all      127.0.0.1/32 scram-sha-256
`;

/** The certificate is for `localhost`, and not for its address. */
export async function startCluster(): Promise<Cluster> {
  const workshop = await openWorkshop();
  try {
    return await openCluster(workshop);
  } catch (error) {
    await workshop.remove();
    throw error;
  }
}

async function openCluster(workshop: Workshop): Promise<Cluster> {
  const { folder } = workshop;
  const data = join(folder, 'data');
  await workshop.run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N']);
  await makeCertificates(workshop);
  await workshop.write('data/pg_hba.conf', HBA);
  const port = await freePort('127.0.0.1');
  const settings = [`port = ${port}`, "listen_addresses = '127.0.0.1'", `unix_socket_directories = '${folder}'`, 'ssl = on'];
  const files = ['cert', 'key'].map((kind) => `ssl_${kind}_file = '${join(folder, `server.${kind}`)}'`);
  const speed = ['fsync = off', 'max_connections = 20', `ssl_ca_file = '${join(folder, 'authority.cert')}'`, 'hot_standby = on'];
  await workshop.write('data/tollgate.conf', [...settings, ...files, ...speed, ''].join('\n'));
  await workshop.write('data/postgresql.conf', "include 'tollgate.conf'\n");
  const control = (verb: string, ...args: readonly string[]) =>
    workshop.run('pg_ctl', ['-D', data, '-w', '-t', '60', '-l', join(folder, 'log'), ...args, verb]);
  await control('start');
  return {
    port,
    authority: join(folder, 'authority.cert'),
    otherAuthority: join(folder, 'other.cert'),
    clientCert: join(folder, 'carol.cert'),
    clientKey: join(folder, 'carol.key'),
    socketFolder: folder,
    async becomeStandby() {
      await control('stop', '-m', 'fast');
      await workshop.write('data/standby.signal', '');
      await control('start');
    },
    async close() {
      await control('stop', '-m', 'immediate').catch(() => undefined);
      await workshop.remove();
    },
  };
}

async function makeCertificates(workshop: Workshop): Promise<void> {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
  for (const name of ['authority', 'other']) {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.cert`];
    await workshop.run('openssl', ['req', '-x509', ...curve, '-subj', `/CN=test ${name}`, ...files]);
  }
  for (const [name, subject, extension] of [
    ['server', 'localhost', 'subjectAltName=DNS:localhost'],
    ['carol', 'carol', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    const request = ['-keyout', `${name}.key`, '-out', `${name}.request`];
    await workshop.run('openssl', ['req', ...curve.slice(0, -2), '-subj', `/CN=${subject}`, ...request]);
    const extensions = await workshop.write(`${name}.extensions`, `${extension}\n`);
    const signed = ['-CA', 'authority.cert', '-CAkey', 'authority.key', '-CAcreateserial', '-days', '30', '-extfile', extensions];
    await workshop.run('openssl', ['x509', '-req', '-in', `${name}.request`, ...signed, '-out', `${name}.cert`]);
  }
}
