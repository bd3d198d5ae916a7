'use strict'

// The headers of the credentials a person has entered.
function credentials(system) {
  const entered = system.authSelectors.authorized()?.toJS() ?? {}
  const headers = {}
  if (entered.apikey?.value) headers.apikey = entered.apikey.value
  if (entered.bearer?.value) headers.Authorization = `Bearer ${entered.bearer.value}`
  return headers
}

// The document depends on who asks, so it is read again after a change of credentials.
const readAgain = () => ({
  statePlugins: {
    auth: {
      wrapActions: Object.fromEntries(['authorizeWithPersistOption', 'logoutWithPersistOption'].map((name) => [
        name,
        (action, system) => (value) => {
          const result = action(value)
          system.specActions.download(system.specSelectors.url())
          return result
        },
      ])),
    },
  },
})

const form = document.getElementById('login')
const output = form.querySelector('output')
const logOut = form.querySelector('button[type=button]')

// The URL of an operation by its id, if the document has it. Paths are below the server.
function operationURL(id) {
  const spec = ui.specSelectors.specJson().toJS()
  for (const [path, item] of Object.entries(spec.paths ?? {})) {
    if (item.post?.operationId !== id) continue
    const server = new URL(spec.servers?.[0]?.url ?? '/', new URL(ui.specSelectors.url(), document.baseURI))
    return new URL(server.pathname.replace(/\/$/, '') + path, document.baseURI)
  }
}

// Shows the form where the document has a login with a password.
function showLogin() {
  form.hidden = !operationURL('auth.token')
  form.querySelector('button[value="auth.signUp"]').hidden = !operationURL('auth.signUp')
}

// Sets the token of the user, none for null, and reads the document again.
function useToken(token, text) {
  if (token) ui.preauthorizeApiKey('bearer', token)
  else ui.authActions.logout(['bearer'])
  output.textContent = text
  form.querySelector('.entry').hidden = Boolean(token)
  logOut.hidden = !token
  ui.specActions.download(ui.specSelectors.url())
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const url = operationURL(event.submitter.value)
  if (event.submitter.value === 'auth.token') url.searchParams.set('grant_type', 'password')
  const { email, password } = Object.fromEntries(new FormData(form))
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...credentials(ui.getSystem()), 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    const body = await answer.json()
    if (body.access_token) useToken(body.access_token, `Logged in as ${email}.`)
    else output.textContent = answer.ok ? 'The address has to be confirmed by a mail first.' : body.msg ?? answer.statusText
  } catch (error) {
    output.textContent = String(error)
  }
})
logOut.addEventListener('click', () => useToken(null, ''))

let ui // not there yet when the document is read for the first time
ui = SwaggerUIBundle({
  url: new URL('openapi.json', document.baseURI).href,
  dom_id: '#ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  plugins: [readAgain],
  onComplete: showLogin,
  requestInterceptor: (request) => {
    if (request.loadSpec && ui) Object.assign(request.headers, credentials(ui.getSystem()))
    return request
  },
  // No server is asked to check the document.
  validatorUrl: null,
})
