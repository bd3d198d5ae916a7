package wire

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	record "github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// id returns a parameter of the path that is an ID. Another text is answered as unknown.
func (x *request) id(name string) (store.ID, error) {
	id, err := store.ParseID(x.params[name])
	if err != nil {
		return id, &problem.Error{Code: problem.AuthNotFound, Message: name + " must be a UUID"}
	}
	return id, nil
}

// maxBody is the largest body of a request.
const maxBody = 64 << 10

// route is a method, a path and a handler.
type route struct {
	Method string
	Path   string // segments; one in braces stands for any
	serve  func(*request) error
}

// Routes is the only table by which requests are dispatched. Its parts stand beside their
// handlers.
var Routes = slices.Concat(
	sessionRoutes, recoveryCodeRoutes, factorRoutes, passkeyRoutes, deviceRoutes, mailRoutes, verifyRoutes, userRoutes, inviteRoutes,
	apiKeyRoutes,
	providerRoutes,
	adminUserRoutes, adminRoleRoutes, adminAuditRoutes,
)

// patterns returns the names of the routes in logs and metrics: their paths below the prefix
// of the surface.
func patterns(publicURL string) []string {
	base := strings.TrimSuffix(publicURL, "/")
	if u, err := url.Parse(base); err == nil {
		base = u.Path
	}
	list := make([]string, len(Routes))
	for i := range Routes {
		list[i] = base + "/" + Routes[i].Path
	}
	return list
}

// request is one request and its answer.
type request struct {
	*Handler
	w      http.ResponseWriter
	r      *http.Request
	params map[string]string // of the path

	padFrom time.Time // where the response time is padded, see pad
}

// ServeHTTP serves the surface of accounts. Mount it below the path of Config.PublicURL, with
// http.StripPrefix.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &request{Handler: h, w: w, r: r}
	w.Header().Set("Cache-Control", "no-store, no-transform") // compressed, its length would reveal secrets in it
	err := x.cookies().checkOrigin()
	if err == nil {
		err = x.dispatch()
	}
	if err != nil {
		x.cookies().dropDeadCookie(err)
		x.pad()
		problem.Write(w, r, err, problem.Options{Surface: problem.Auth{}, Logger: h.Logger})
	}
}

func (x *request) dispatch() error {
	path := strings.Trim(x.r.URL.Path, "/")
	var allowed []string
	for i := range Routes {
		params, ok := Routes[i].match(path)
		if !ok {
			continue
		}
		if Routes[i].Method == x.r.Method || Routes[i].Method == http.MethodGet && x.r.Method == http.MethodHead {
			x.params = params
			record.From(x.r.Context()).SetRoute(x.patterns[i])
			if err := x.limit(Routes[i].Path); err != nil {
				return err
			}
			return Routes[i].serve(x)
		}
		allowed = append(allowed, Routes[i].Method)
	}
	if len(allowed) > 0 {
		return &problem.Error{Code: problem.UnknownMethod, Allow: allowed}
	}
	return &problem.Error{Code: problem.AuthNotFound}
}

// match reports whether a path is the route's, and returns its parameters.
func (rt *route) match(path string) (params map[string]string, ok bool) {
	for pattern := rt.Path; ; {
		var want, got string
		var more, rest bool
		want, pattern, more = strings.Cut(pattern, "/")
		got, path, rest = strings.Cut(path, "/")
		switch {
		case more != rest:
			return nil, false
		case strings.HasPrefix(want, "{") && got != "":
			if params == nil {
				params = make(map[string]string)
			}
			params[want[1:len(want)-1]] = got
		case want != got:
			return nil, false
		}
		if !more {
			return params, true
		}
	}
}

// device returns the client of the request.
func (x *request) device() data.Device {
	agent := x.r.UserAgent()
	// A header may hold any bytes, and the cut may split a character.
	from := data.Device{UserAgent: strings.ToValidUTF8(agent[:min(len(agent), data.MaxUserAgent)], "")}
	if at := x.address(); at.IsValid() {
		from.Address = at.String()
	}
	return from
}

// address is the client's IP address according to Config.ClientAddress.
func (x *request) address() netip.Addr { return netaddr.Plain(x.ClientAddress(x.r)) }

// locale is the language of a mail: the user's, or else the browser's first choice.
func (x *request) locale(u *data.User) string {
	if u != nil && u.Locale() != "" {
		return u.Locale()
	}
	first, _, _ := strings.Cut(x.r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	return data.LanguageTag(strings.TrimSpace(first))
}

// family is a handler for one part of the routes: a request with the methods of that part.
type family interface{ ~struct{ *request } }

// on makes the method of a family a handler.
func on[F family](serve func(F) error) func(*request) error {
	return func(x *request) error { return serve(F{x}) }
}

// The families with methods that other families call.
func (x *request) budgets() budgetHandler { return budgetHandler{x} }
func (x *request) cookies() cookieHandler { return cookieHandler{x} }
func (x *request) factors() factorHandler { return factorHandler{x} }
func (x *request) logins() loginHandler   { return loginHandler{x} }
func (x *request) mails() mailHandler     { return mailHandler{x} }
func (x *request) users() userHandler     { return userHandler{x} }

type (
	sessionHandler struct{ *request } // sign-up, login, refresh and sign-out
	userHandler    struct{ *request } // changes of the own account
	mailHandler    struct{ *request } // codes in mails and messages
	factorHandler  struct{ *request } // second factors
	passkeyHandler struct{ *request }
	keyHandler     struct{ *request } // API keys
	adminHandler   struct{ *request }
	loginHandler   struct{ *request } // flows, and logins at providers
	budgetHandler  struct{ *request } // attempts and limits
	cookieHandler  struct{ *request }
)

// list returns a member that is a list of strings; one that is absent or null is nil.
func (o object) list(name string) (*[]string, error) {
	v, ok := o[name]
	if !ok || v.Kind() == strictjson.Null {
		return nil, nil
	}
	out := []string{}
	if v.Kind() != strictjson.Array || json.Unmarshal(v.Raw(), &out) != nil || hasNull(v) {
		return nil, fail.New(problem.AuthValidation, "%s must be a list of strings", name)
	}
	return &out, nil
}

// hasNull reports whether a list has a null, which would decode as an empty text.
func hasNull(list strictjson.Value) bool {
	for _, v := range list.Elements() {
		if v.Kind() == strictjson.Null {
			return true
		}
	}
	return false
}

// webauthnAnswer reads the member webauthn of a body.
func (o object) webauthnAnswer() (answer factor.WebAuthnAnswer, err error) {
	for name, value := range o["webauthn"].Members() {
		switch string(name) {
		case "type":
			answer.Type, _ = value.Text()
		case "credential_response":
			answer.Response = value.Raw()
			if value.Kind() != strictjson.Object {
				return answer, fail.New(problem.AuthValidation, "credential_response must be an object")
			}
		}
	}
	if answer.Type != factor.CeremonyCreate && answer.Type != factor.CeremonyRequest || answer.Response == nil {
		return answer, fail.New(problem.AuthValidation, "webauthn must have a type, create or request, and a credential_response")
	}
	return answer, nil
}

// required returns a member that is a string and not empty.
func (o object) required(name string) (string, error) {
	text, err := o.text(name)
	if err == nil && text == "" {
		err = fail.New(problem.AuthValidation, "%s needs to be non-empty", name)
	}
	return text, err
}

// flag returns a member that is true or false; one that is missing or null is absent.
func (o object) flag(name string, absent bool) (bool, error) {
	v, ok := o[name]
	switch {
	case !ok || v.Kind() == strictjson.Null:
		return absent, nil
	case v.Kind() != strictjson.Bool:
		return false, fail.New(problem.AuthValidation, "%s must be true or false", name)
	}
	return v.Bool(), nil
}

// metadata returns a member that is an object, in canonical form, "{}" without one.
func (o object) metadata(name string) (store.JSON, error) {
	v, ok := o[name]
	if !ok || v.Kind() == strictjson.Null {
		return "{}", nil
	}
	if v.Kind() != strictjson.Object {
		return "", fail.New(problem.AuthValidation, "%s must be an object", name)
	}
	var doc store.JSON
	if err := doc.UnmarshalJSON(v.Raw()); err != nil {
		return "", err
	}
	if len(doc) > data.MaxMetadata { // as it is kept, with exponents written out
		return "", data.ErrMetadata
	}
	return doc, nil
}

// object is the body of a request, a JSON object.
type object map[string]strictjson.Value

// body reads the body. One that is empty is an object without members.
func (x *request) body() (object, error) {
	media, params, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	raw, readErr := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	if readErr != nil {
		return nil, problem.Unread(readErr)
	}
	x.bodyRead()
	if len(raw) == 0 {
		return object{}, nil
	}
	if charset, said := params["charset"]; err != nil || media != "application/json" || said && !strings.EqualFold(charset, "utf-8") {
		// Any page can send text or a form to another site without a CORS preflight.
		return nil, &problem.Error{Code: problem.MediaType, Message: "The body must be application/json in UTF-8."}
	}
	doc, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		return nil, &problem.Error{Code: problem.AuthBadJSON, Cause: err}
	}
	if doc.Kind() != strictjson.Object {
		return nil, &problem.Error{Code: problem.AuthBadJSON, Message: "The body must be an object."}
	}
	out := object{}
	for name, value := range doc.Members() {
		out[string(name)] = value
	}
	return out, nil
}

// text returns a member that is a string; one that is absent or null is empty.
func (o object) text(name string) (string, error) {
	v, ok := o[name]
	if !ok || v.Kind() == strictjson.Null {
		return "", nil
	}
	text, ok := v.Text()
	if !ok {
		return "", fail.New(problem.AuthValidation, "%s must be a string", name)
	}
	return text, nil
}

// texts returns several members that are strings.
func (o object) texts(names ...string) (map[string]string, error) {
	out := make(map[string]string, len(names))
	for _, name := range names {
		text, err := o.text(name)
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, nil
}
