package accounts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// CallError is a request of [Accounts.Call] that was rejected.
type CallError struct {
	// Status is the status of the answer, and Code its error_code, such as
	// "invalid_credentials".
	Status int
	Code   string

	// Message is what clients show to users.
	Message string
}

// Error returns code and message.
func (e *CallError) Error() string {
	return fmt.Sprintf("accounts: %s: %s", e.Code, e.Message)
}

// Problem returns the code, with which api.WriteError answers.
func (e *CallError) Problem() string { return e.Code }

// Call makes a request of the wire on behalf of a browser, for pages that work without
// scripts. A route of the application reads a form and calls the accounts:
//
//	app.Router().Post("/sign-in", func(w http.ResponseWriter, r *http.Request) {
//		in := map[string]string{"email": r.FormValue("email"), "password": r.FormValue("password")}
//		err := app.Accounts().Call(w, r, http.MethodPost, "/token?grant_type=password", in, nil)
//		...
//		http.Redirect(w, r, "/", http.StatusSeeOther)
//	})
//
// The request has the headers, the cookie and the IP address of r, so that limits and the
// checks of its origin hold. It asks for a session in a cookie, which [Config].Cookies must
// allow. Cookies of the answer are added to the header of w.
//
// In is the JSON body, nil for none, and out gets the answer unless it is nil. A request that is
// rejected returns a [*CallError].
func (a *Accounts) Call(w http.ResponseWriter, r *http.Request, method, target string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return fmt.Errorf("accounts: Call: %w", err)
		}
	}
	inner, err := http.NewRequestWithContext(r.Context(), method, target, &body)
	if err != nil {
		return fmt.Errorf("accounts: Call: %w", err)
	}
	inner.Header = r.Header.Clone()
	for _, name := range []string{"Accept-Encoding", "Content-Encoding", "Content-Length", "Content-Type"} {
		inner.Header.Del(name)
	}
	if in != nil {
		inner.Header.Set("Content-Type", "application/json")
	}
	inner.Header.Set("X-Plinth-Session", "cookie")
	inner.Host, inner.RemoteAddr, inner.TLS = r.Host, r.RemoteAddr, r.TLS
	answer := &response{header: http.Header{}, status: http.StatusOK}
	a.ServeHTTP(answer, inner)
	for _, cookie := range answer.header["Set-Cookie"] {
		w.Header().Add("Set-Cookie", cookie)
	}
	if answer.status >= http.StatusBadRequest {
		var said errorView
		if err := json.Unmarshal(answer.body.Bytes(), &said); err != nil {
			return fmt.Errorf("accounts: Call: status %d: %w", answer.status, err)
		}
		return &CallError{Status: answer.status, Code: said.ErrorCode, Message: said.Msg}
	}
	if out == nil || answer.body.Len() == 0 {
		return nil
	}
	return json.Unmarshal(answer.body.Bytes(), out)
}

// response is a response in memory.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *response) Header() http.Header         { return r.header }
func (r *response) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *response) WriteHeader(status int)      { r.status = status }
