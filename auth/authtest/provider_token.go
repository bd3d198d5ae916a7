package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// serveAuthorize logs the user in without asking (OpenID Connect Core 1.0 section
// 3.1.2).
func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	ask := r.URL.Query()
	back, err := url.Parse(ask.Get("redirect_uri"))
	switch {
	case err != nil || back.Host == "" || ask.Get("client_id") != ClientID:
		http.Error(w, "unknown client", http.StatusBadRequest)
		return
	case ask.Get("response_type") != "code" || ask.Get("code_challenge_method") != "S256" || len(ask.Get("code_challenge")) != 43 || ask.Get("state") == "":
		http.Error(w, "not the code flow with PKCE and state", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	out := url.Values{"code": {code}, "state": {ask.Get("state")}, "iss": {p.server.URL}}
	switch p.fault {
	case FaultDenied:
		out.Del("code")
		out.Set("error", "access_denied")
		out.Set("error_description", "the user said \x1b[31mno")
	case FaultServerError:
		out.Del("code")
		out.Set("error", "server_error")
	case FaultIss:
		out.Set("iss", "https://issuer.test")
	case FaultIssMissing:
		out.Del("iss")
	case FaultState:
		out.Set("state", rand.Text())
	case FaultStateMissing:
		out.Del("state")
	}
	p.codes[code] = login{ask.Get("nonce"), ask.Get("code_challenge"), ask.Get("redirect_uri")}
	back.RawQuery = out.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// serveToken exchanges a code, once (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // now, so that the server notices when the client goes
	fault := p.doing(r, FaultTokenSlow)
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if id != ClientID || secret != ClientSecret || fault == FaultClient {
		refuseToken(w, "invalid_client", secret)
		return
	}
	code := r.PostFormValue("code")
	begun, known := p.codes[code]
	delete(p.codes, code)
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || begun.challenge != b64(sum[:]) || begun.redirect != r.PostFormValue("redirect_uri") {
		refuseToken(w, "invalid_grant", code)
		return
	}
	p.answerToken(w, begun)
}

// refuseToken repeats what must not be logged, as some providers do.
func refuseToken(w http.ResponseWriter, code, about string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": "cannot use " + about})
}

// answerToken writes the tokens of a login, or what the fault wants. p.mu is held.
func (p *Provider) answerToken(w http.ResponseWriter, begun login) {
	access := rand.Text()
	p.access[access] = true
	sum := sha256.Sum256([]byte(access))
	claims := p.claims()
	claims["at_hash"] = b64(sum[:16])
	if begun.nonce != "" {
		claims["nonce"] = begun.nonce
	}
	out := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "refresh_token": rand.Text()}
	if p.fault != FaultIDTokenAbsent {
		out["id_token"] = p.sign("JWT", claims)
	}
	switch p.fault {
	case FaultTokenDown:
		http.Error(w, "down", http.StatusInternalServerError)
		return
	case FaultTokenNoJSON:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<h1>Welcome</h1>"))
		return
	case FaultTokenRedirect:
		w.Header().Set("Location", p.server.URL+"/token")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	case FaultTokenHuge:
		out["x"] = strings.Repeat("x", 1<<20)
	case FaultTokenType:
		out["token_type"] = "DPoP"
	}
	answer(w, out)
}

func (p *Provider) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	access, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !p.access[access] {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	claims := maps.Clone(p.user)
	if p.info != nil {
		claims = maps.Clone(p.info)
	}
	switch p.fault {
	case FaultUserinfoDown:
		http.Error(w, "down", http.StatusInternalServerError)
		return
	case FaultUserinfoNoJSON:
		_, _ = w.Write([]byte("<h1>Welcome</h1>"))
		return
	case FaultUserinfoSub:
		claims["sub"] = "eve"
	case FaultUserinfoSubMissing:
		delete(claims, "sub")
	}
	answer(w, claims)
}

// spoil changes claims as the fault wants it.
func (p *Provider) spoil(claims map[string]any) {
	switch p.fault {
	case FaultAtHash:
		claims["at_hash"] = b64(make([]byte, 16))
	case FaultAudience:
		claims["aud"] = "another"
	case FaultAzp:
		claims["azp"] = "another"
	case FaultAzpMissing:
		claims["aud"] = []string{ClientID, "another"}
	case FaultExpired:
		claims["exp"] = time.Now().Add(-2 * time.Minute).Unix()
	case FaultExpText:
		claims["exp"] = time.Now().Add(time.Hour).Format("20060102150405")
	case FaultFuture:
		claims["iat"] = time.Now().Add(2 * time.Minute).Unix()
	case FaultIssuer:
		claims["iss"] = "https://issuer.test"
	case FaultNonce:
		claims["nonce"] = rand.Text()
	case FaultSub:
		claims["sub"] = 7
	case FaultExpMissing:
		delete(claims, "exp")
	case FaultIatMissing:
		delete(claims, "iat")
	case FaultNonceMissing:
		delete(claims, "nonce")
	case FaultSubMissing:
		delete(claims, "sub")
	}
}

// sign returns a token. It is put together by hand, so that what verifies it is not
// its own oracle. p.mu is held.
func (p *Provider) sign(typ string, claims map[string]any) string {
	claims = maps.Clone(claims)
	p.spoil(claims)
	own := p.keys[len(p.keys)-1]
	header := map[string]any{"alg": "ES256", "kid": own.id, "typ": typ}
	sign := es256(own.key)
	switch p.fault {
	case FaultAlgNone:
		header["alg"], sign = "none", func(string) []byte { return nil }
	case FaultAlgSecret:
		header["alg"], sign = "HS256", hs256([]byte(ClientSecret))
	case FaultAlgPublicKey:
		public, _ := own.key.PublicKey.Bytes() // a key that was generated has them
		header["alg"], sign = "HS256", hs256(public)
	case FaultKid:
		header["kid"] = rand.Text()
	case FaultType:
		header["typ"] = "at+jwt"
	case FaultSignature:
		if other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
			sign = es256(other)
		}
	}
	head, _ := json.Marshal(header) // texts
	body, err := json.Marshal(claims)
	if err != nil {
		p.tb.Errorf("authtest: claims: %v", err)
	}
	if p.fault == FaultSubTwice {
		body = append([]byte(`{"sub":"eve",`), body[1:]...)
	}
	input := b64(head) + "." + b64(body)
	return input + "." + b64(sign(input))
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func hs256(secret []byte) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

func es256(key *ecdsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			return nil
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}
