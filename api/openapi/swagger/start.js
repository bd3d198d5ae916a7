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

let ui // not there yet when the document is read for the first time
ui = SwaggerUIBundle({
  url: new URL('openapi.json', document.baseURI).href,
  dom_id: '#ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  plugins: [readAgain],
  requestInterceptor: (request) => {
    if (request.loadSpec && ui) Object.assign(request.headers, credentials(ui.getSystem()))
    return request
  },
  // No server is asked to check the document.
  validatorUrl: null,
})
