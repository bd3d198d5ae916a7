package accounts

import (
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	record "github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// maxBody is the largest body of a request.
const maxBody = 64 << 10

// route is a method, a path and a handler.
type route struct {
	method string
	path   string // segments; one in braces stands for any
	serve  func(*exchange) error
}

// routes is the one table by which requests are dispatched. Its parts stand with
// what serves them.
var routes = slices.Concat(
	sessionRoutes, recoveryCodeRoutes, factorRoutes, passkeyRoutes, deviceRoutes, mailRoutes, verifyRoutes, userRoutes, inviteRoutes,
	apiKeyRoutes,
	providerRoutes,
	adminUserRoutes, adminRoleRoutes, adminAuditRoutes,
)

// patterns returns what the routes are called in logs and metrics: their paths below that
// of the surface.
func patterns(publicURL string) []string {
	base := strings.TrimSuffix(publicURL, "/")
	if u, err := url.Parse(base); err == nil {
		base = u.Path
	}
	list := make([]string, len(routes))
	for i := range routes {
		list[i] = base + "/" + routes[i].path
	}
	return list
}

// exchange is one request and its answer.
type exchange struct {
	a      *Accounts
	w      http.ResponseWriter
	r      *http.Request
	params map[string]string // of the path

	padFrom time.Time // where the response time is padded, see pad
}

// ServeHTTP serves the surface of accounts. It is to be mounted where
// Config.PublicURL says, with the path before it taken off (http.StripPrefix).
func (a *Accounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{a: a, w: w, r: r}
	w.Header().Set("Cache-Control", "no-store, no-transform") // coded, its length would tell of the secrets in it
	err := x.checkOrigin()
	if err == nil {
		err = x.dispatch()
	}
	if err != nil {
		x.dropDeadCookie(err)
		x.pad()
		problem.Write(w, r, err, problem.Options{Surface: problem.Auth{}, Logger: a.config.Logger})
	}
}

func (x *exchange) dispatch() error {
	path := strings.Trim(x.r.URL.Path, "/")
	var allowed []string
	for i := range routes {
		params, ok := routes[i].match(path)
		if !ok {
			continue
		}
		if routes[i].method == x.r.Method || routes[i].method == http.MethodGet && x.r.Method == http.MethodHead {
			x.params = params
			record.From(x.r.Context()).SetRoute(x.a.patterns[i])
			if err := x.limit(routes[i].path); err != nil {
				return err
			}
			return routes[i].serve(x)
		}
		allowed = append(allowed, routes[i].method)
	}
	if len(allowed) > 0 {
		return &problem.Error{Code: problem.UnknownMethod, Allow: allowed}
	}
	return &problem.Error{Code: problem.AuthNotFound}
}

// match reports whether a path is the route's, and what stands in the places of its
// parameters.
func (rt *route) match(path string) (params map[string]string, ok bool) {
	for pattern := rt.path; ; {
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

// object is the body of a request, a JSON object.
type object map[string]strictjson.Value

// body reads the body. One that is empty is an object without members.
func (x *exchange) body() (object, error) {
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
		// Any page can send text or a form to another site without asking first.
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

// device is where the request comes from.
func (x *exchange) device() data.Device {
	agent := x.r.UserAgent()
	// A header may hold any bytes, and the cut may part a character.
	from := data.Device{UserAgent: strings.ToValidUTF8(agent[:min(len(agent), data.MaxUserAgent)], "")}
	if at := x.address(); at.IsValid() {
		from.Address = at.String()
	}
	return from
}

// address is the client's IP address according to Config.ClientAddress.
func (x *exchange) address() netip.Addr { return netaddr.Plain(x.a.config.ClientAddress(x.r)) }
