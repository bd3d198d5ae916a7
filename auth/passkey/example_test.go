package passkey_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

func ExampleNew() {
	party, err := passkey.New(passkey.Config{
		RPID:    "example.org",
		Name:    "Example",
		Origins: []string{"https://example.org", "https://app.example.org"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	options, ceremony, err := party.BeginDiscoverable("")
	if err != nil {
		fmt.Println(err)
		return
	}
	var shown struct {
		RPID             string `json:"rpId"`
		UserVerification string `json:"userVerification"`
	}
	if err := json.Unmarshal(options, &shown); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(shown.RPID, shown.UserVerification, ceremony.ExpiresAt().IsZero())

	_, err = passkey.New(passkey.Config{RPID: "example.org", Name: "Example", Origins: []string{"http://localhost:8090"}})
	fmt.Println(err)
	// Output:
	// example.org required false
	// auth/passkey: Origins: "http://localhost:8090" must be of the domain RPID or of one below it
}

// desk is the smallest keeper of ceremonies and credentials.
type desk struct {
	party       *passkey.RelyingParty
	mu          sync.Mutex
	ceremonies  map[string]passkey.Ceremony
	credentials map[string]passkey.Credential // by id
	names       map[string]string             // of users, by handle
}

// begin answers with the options and keeps the ceremony for the browser's cookie.
func (d *desk) begin(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie("__Host-login")
	if err != nil {
		http.Error(w, "no cookie", http.StatusBadRequest)
		return
	}
	options, ceremony, err := d.party.BeginDiscoverable(cookie.Value)
	if err != nil {
		http.Error(w, "no options", http.StatusInternalServerError)
		return
	}
	d.mu.Lock()
	d.ceremonies[cookie.Value] = ceremony
	d.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(options)
}

// finish takes what navigator.credentials.get answered.
func (d *desk) finish(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie("__Host-login")
	if err != nil {
		http.Error(w, "no cookie", http.StatusBadRequest)
		return
	}
	response, err := io.ReadAll(http.MaxBytesReader(w, r.Body, passkey.MaxResponseSize))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	d.mu.Lock()
	ceremony := d.ceremonies[cookie.Value]
	delete(d.ceremonies, cookie.Value) // before the response is judged: it is good once
	d.mu.Unlock()
	result, err := d.party.FinishLogin(r.Context(), ceremony, cookie.Value, d.find, response)
	if err != nil {
		http.Error(w, "refused", http.StatusUnauthorized)
		return
	}
	d.mu.Lock()
	d.credentials[string(result.Credential.ID)] = result.Credential
	name := d.names[string(result.Credential.UserHandle)]
	d.mu.Unlock()
	fmt.Fprintf(w, "Hello %s", name)
}

// find is a [passkey.Lookup].
func (d *desk) find(_ context.Context, id []byte) (passkey.Credential, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	credential, known := d.credentials[string(id)]
	if !known {
		return passkey.Credential{}, auth.ErrInvalid
	}
	return credential, nil
}

func ExampleRelyingParty_FinishLogin() {
	var d desk
	http.HandleFunc("POST /login/options", d.begin)
	http.HandleFunc("POST /login", d.finish)
}
