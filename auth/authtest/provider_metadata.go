package authtest

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// serveDiscovery answers with the metadata (OpenID Connect Discovery 1.0 section 4).
func (p *Provider) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	fault := p.doing(r, FaultDiscoverySlow)
	document := map[string]any{
		"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token",
		"jwks_uri": p.server.URL + "/keys", "userinfo_endpoint": p.server.URL + "/userinfo",
		"end_session_endpoint": p.server.URL + "/logout", "response_types_supported": []string{"code"},
		"id_token_signing_alg_values_supported":          []string{"none", "HS256", "ES256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post"},
		"authorization_response_iss_parameter_supported": true,
	}
	switch fault {
	case FaultDiscoveryDown:
		http.Error(w, "the database is down", http.StatusInternalServerError)
		return
	case FaultDiscoveryAlg:
		document["id_token_signing_alg_values_supported"] = []string{"none", "HS256", "RS512"}
	case FaultDiscoveryKeys:
		document["jwks_uri"] = "https://10.0.0.1/keys"
	case FaultDiscoveryHuge:
		document["x"] = strings.Repeat("x", 1<<20)
	case FaultDiscoveryIssuer:
		document["issuer"] = "https://issuer.test"
	case FaultDiscoveryEndpoint:
		document["token_endpoint"] = "file:///etc/passwd"
	}
	answer(w, document)
}

// serveKeys answers with the keys that are published.
func (p *Provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	keys, fault := p.keys, p.fault
	p.mu.Unlock()
	var public []jwt.Key
	for _, k := range keys {
		key, err := jwt.PublicKey(k.id, k.key.Public())
		if err != nil {
			p.tb.Errorf("authtest: %v", err)
		}
		public = append(public, key)
	}
	body, err := jwt.Set(public...)
	if err != nil {
		p.tb.Errorf("authtest: %v", err)
	}
	var set map[string]any
	if err := json.Unmarshal(body, &set); err != nil {
		p.tb.Errorf("authtest: %v", err)
	}
	switch fault {
	case FaultKeysDown:
		http.Error(w, "down", http.StatusInternalServerError)
		return
	case FaultKeysHuge:
		set["x"] = strings.Repeat("x", 1<<20)
	case FaultKeysPrivate:
		set["keys"].([]any)[0].(map[string]any)["d"] = "AQAB"
	}
	answer(w, set)
}
