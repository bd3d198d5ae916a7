// An OpenID provider at which everybody is ada, a twin of it that claims to be another
// issuer than signs its tokens, and a door by which the test changes its keys. Prints
// the three addresses, and ends with its standard input. Its arguments are further
// addresses that clients may have browsers sent back to.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { Provider } from 'oidc-provider';

const claims = { name: 'Ada Lovelace', email: 'ada@example.org', email_verified: true };

const client = (id, alg) => ({
  client_id: id, client_secret: 'secret-of-the-client-0123456789abcdef', id_token_signed_response_alg: alg,
  redirect_uris: ['https://notes.example/callback', ...process.argv.slice(2)], post_logout_redirect_uris: ['https://notes.example/bye'],
});

const privateKeys = () => [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ed25519'),
].map(({ privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig' }));

async function listen(handler) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

function makeProvider(issuer, keys) {
  const provider = new Provider(issuer, {
    clients: [client('rs256', 'RS256'), client('es256', 'ES256'), client('eddsa', 'EdDSA')],
    jwks: { keys },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['key of the cookies'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
    pkce: { required: () => true },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...claims }) }),
    async loadExistingGrant(ctx) { // nobody is asked for consent
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const handle = provider.callback();
  return (req, res) => (req.url.startsWith('/login/')
    ? provider.interactionFinished(req, res, { login: { accountId: 'ada' } })
    : handle(req, res));
}

let current;
let keys = privateKeys();
const issuer = await listen((req, res) => current(req, res));
current = makeProvider(issuer, keys);

const twin = await listen(async (req, res) => {
  const answer = await fetch(issuer + req.url);
  const metadata = await answer.json();
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify({ ...metadata, issuer: twin, authorization_response_iss_parameter_supported: false }));
});

const door = await listen((req, res) => { // the first key of a sort signs
  const old = req.url === '/rotate?keep' ? keys : [];
  keys = [...privateKeys(), ...old];
  current = makeProvider(issuer, keys);
  res.end();
});

console.log(JSON.stringify({ issuer, twin, door }));
process.stdin.resume().on('end', () => process.exit(0));
