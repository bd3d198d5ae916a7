package plinth

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/openapi"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/chain"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/store"
)

// Class is how long a request may take, and what limits it. Only its path decides its class.
type Class int

// The classes of requests. The limits named here are fields of [Config] and [Surface].
const (
	// Short is a request that is answered at once. It has RequestTimeout, bodies up to
	// MaxBody, and counts towards MaxRequests and MaxRequestsPerCaller.
	Short Class = iota

	// Upload is a request that transfers a large body, in either direction. It has no
	// deadline as a whole. Its client may pause for RequestTimeout, must send 8 KiB in a
	// second on average, and must finish within a day. Its body may have MaxUpload. It
	// counts towards MaxConnections and MaxConnectionsPerClient in place of MaxRequests.
	// During a drain it may finish within DrainTimeout.
	Upload

	// Stream is a request that lasts, such as an event stream or a WebSocket. It has no
	// deadlines, bodies up to MaxBody, and counts towards MaxConnections and
	// MaxConnectionsPerClient in place of MaxRequests. Its context ends when the client
	// disconnects or the server drains. A hijacked connection counts until it is closed.
	Stream
)

// Surface is a handler for all paths below a prefix, with the limits of its requests. The
// REST API and the accounts are surfaces.
type Surface struct {
	// Prefix is the path of the surface, such as "/events". The surface gets the requests
	// for it and for every path below it. Surfaces must not overlap.
	Prefix string

	// Handler serves the requests, with their whole path. Behind it are the application's
	// chain and the middleware of its router.
	Handler http.Handler

	// Class returns the class of the requests for a path, the whole and escaped one. It must
	// depend on the path only. It is called several times for a request. It is not called
	// for a path that cleaning would change, such as one with "//" or "..": such a request
	// is Short and has the limits of own routes.
	//
	// Defaults to Short for every path.
	Class func(path string) Class

	// MaxBody is the greatest size in bytes of a body, -1 if Handler limits bodies itself.
	//
	// Defaults to that of Config.
	MaxBody int64

	// MaxUpload is MaxBody for requests of class Upload.
	//
	// Defaults to 50 MiB.
	MaxUpload int64

	// ChecksOrigins leaves the cross-origin checks ([middleware.CSRF]) to Handler. It is a
	// hole if Handler accepts cookies and does not check.
	//
	// Defaults to false.
	ChecksOrigins bool

	// Refuse answers the requests that the chain rejects.
	//
	// Defaults to the error format of the REST API.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Mount adds a surface. Call it before Run or Handler, which report its mistakes.
//
//	app.Mount(plinth.Surface{
//		Prefix: "/events", Handler: events,
//		Class: func(string) plinth.Class { return plinth.Stream },
//	})
//
// Handlers of a surface are trusted, as those of [App.Router]: use the caller's scope. Run
// and Handler reject routes of the router below a surface.
func (a *App) Mount(s Surface) {
	inner := chain.Surface{
		Prefix: s.Prefix, Handler: s.Handler, MaxBody: s.MaxBody, MaxUpload: s.MaxUpload, ChecksOrigins: s.ChecksOrigins, Refuse: s.Refuse,
	}
	if s.Class != nil {
		inner.Class = func(path string) server.Class { return server.Class(s.Class(path)) }
	}
	if err := a.surfaces.Add(inner); err != nil {
		a.mistakes = append(a.mistakes, err)
	}
}

// The prefixes of the REST API and of the accounts.
const (
	restPath = "/rest/v1"
	authPath = "/auth/v1"
)

// mountREST mounts the REST API, with a handler that is ready when the application is built. It
// does its own cross-origin checks only without Config.Authenticator and Config.Proofs: these
// may accept what a browser sends with every request, such as a client certificate, and a
// form can call a function without arguments.
func (a *App) mountREST() {
	changes, live, ticket, history := a.hub.Changes(), a.hub.Live(livePath), a.hub.Ticket(), a.hub.History(historyPath)
	a.Mount(Surface{
		Prefix: restPath,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reads := r.Method == http.MethodGet || r.Method == http.MethodHead
			switch {
			case reads && r.URL.Path == settingsPath:
				a.serveSettings(w, r)
			case reads && r.URL.Path == changesPath:
				changes.ServeHTTP(w, r)
			case reads && strings.HasPrefix(r.URL.Path, livePath):
				live.ServeHTTP(w, r)
			case reads && strings.HasPrefix(r.URL.Path, historyPath):
				history.ServeHTTP(w, r)
			case r.Method == http.MethodPost && r.URL.Path == ticketPath:
				ticket.ServeHTTP(w, r)
			default:
				a.rest.ServeHTTP(w, r)
			}
		}),
		MaxBody: -1, ChecksOrigins: a.config.Authenticator == nil && len(a.config.Proofs) == 0,
		Class: func(path string) Class {
			if strings.HasPrefix(path, livePath) || path == changesPath {
				return Stream
			}
			return Short
		},
	})
}

// The paths of streams of changes, of tickets for them, and of histories.
const (
	livePath    = restPath + "/-/live/"
	changesPath = restPath + "/-/changes"
	ticketPath  = restPath + "/-/ticket"
	historyPath = restPath + "/-/history/"
)

// realtimePath is the prefix of sockets, and socketPath where clients of Supabase connect.
const (
	realtimePath  = "/realtime/v1"
	socketPath    = realtimePath + "/websocket"
	broadcastPath = realtimePath + "/api/broadcast"
)

// mountRealtime mounts the sockets of the hub.
func (a *App) mountRealtime() {
	socket, broadcast := a.hub.WebSocket(), a.hub.BroadcastHTTP(broadcastPath)
	a.Mount(Surface{
		Prefix: realtimePath,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == socketPath:
				socket.ServeHTTP(w, r)
			case r.URL.Path == broadcastPath || strings.HasPrefix(r.URL.Path, broadcastPath+"/"):
				broadcast.ServeHTTP(w, r)
			default:
				a.surfaces.Refuse(w, r, &problem.Error{Code: problem.UnknownPath})
			}
		}),
		Class: func(path string) Class {
			if path == socketPath {
				return Stream
			}
			return Short
		},
	})
}

// settingsPath is where pages of the application find its public settings.
const settingsPath = restPath + "/-/settings"

// publicSettings are what a page needs to make a client. Both are public.
type publicSettings struct {
	URL            string `json:"url"`
	PublishableKey string `json:"publishable_key,omitempty"`
}

// serveSettings answers with the public settings. Without Config.PublicURL, which only
// development may lack, the URL is that of the request.
func (a *App) serveSettings(w http.ResponseWriter, r *http.Request) {
	s := publicSettings{URL: strings.TrimSuffix(a.config.PublicURL, "/"), PublishableKey: a.access.publishable}
	if s.URL == "" {
		s.URL = (&url.URL{Scheme: "http", Host: r.Host}).String()
		if r.TLS != nil {
			s.URL = "https" + strings.TrimPrefix(s.URL, "http")
		}
	}
	body, err := json.Marshal(s)
	if err != nil {
		a.surfaces.Refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(body)
}

// mountAccounts mounts the accounts. Their statements may use the reserved connections, so
// that login and administration work under load.
func (a *App) mountAccounts() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.accounts.ServeHTTP(w, r.WithContext(store.WithReserve(r.Context())))
	})
	a.Mount(Surface{Prefix: authPath, Handler: http.StripPrefix(authPath, handler), MaxBody: -1, ChecksOrigins: true})
}

// refuseAuth answers in the error format of the accounts, which their clients also expect
// where accounts are disabled.
func (a *App) refuseAuth(w http.ResponseWriter, r *http.Request, err error) {
	problem.Write(w, r, err, problem.Options{
		Authenticated: auth.FromContext(r.Context()).Kind != auth.Anonymous, Logger: a.config.Logger, Surface: problem.Auth{},
	})
}

// rest returns the configuration of the REST API.
func (r resolved) rest(who auth.Authenticator) api.Config {
	c := r.API
	c.Authenticator, c.BasePath, c.Explain, c.Logger = who, restPath, r.development, r.Logger
	if r.PublicURL != "" {
		c.PublicURL = strings.TrimSuffix(r.PublicURL, "/") + restPath
	}
	title, version := programName()
	c.Title, c.Version = cmp.Or(c.Title, title), cmp.Or(c.Version, version)
	c.Routes = slices.Concat(c.Routes, realtime.Routes(restPath+"/-/", socketPath))
	if !r.DisableAccounts {
		c.Routes = slices.Concat(c.Routes, accountRoutes())
	}
	return c
}

// programName returns the name and the version of the program, which are the title and the
// version of its documents by default: the last element of the main package's path, and the
// version that the Go command has recorded.
func programName() (name, version string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	main := info.Path
	if main == "" || main == "command-line-arguments" {
		main = cmp.Or(info.Main.Path, "API")
	}
	return path.Base(main), cmp.Or(info.Main.Version, "(devel)")
}

// accountRoutes returns the operations of accounts for the documents of the REST API.
func accountRoutes() []api.Route {
	gates := map[accounts.Access]api.Gate{
		accounts.AccessAnyone: api.Anyone(), accounts.AccessSession: api.Session(),
		accounts.AccessAdmin: api.Service().Or(api.Permission(accounts.PermissionAdmin)),
	}
	operations := accounts.Operations()
	routes := make([]api.Route, len(operations))
	for i := range operations {
		op := &operations[i]
		routes[i] = api.Route{Gate: gates[op.Access], Route: openapi.Route{
			Method: op.Method, Path: authPath + "/" + op.Path, ID: "auth." + op.Name, Tag: "auth", Summary: op.Summary,
			Query: op.Query, Body: op.Body, Status: op.Status, Answers: op.Answers, Error: accounts.OperationErrorBody,
		}}
	}
	return routes
}

// PagePolicy is the Content-Security-Policy of pages that load everything from their own
// origin and have no inline code or styles. [Static] sets it; a handler that renders pages
// sets it too.
const PagePolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// Files serves the files of a file system. Make one with [Static]; it is safe for concurrent
// use.
type Files struct {
	serve http.Handler
	tags  map[string]string // by the path in URLs
}

// Static returns a handler for files, such as embedded ones, with index.html for the path of
// a folder. It reads all of them once, for their entity tags, so it is not for files that
// change. Other paths are answered with 404, no folder is listed, and files and
// folders with a name that begins with a dot do not exist.
//
//	pages, err := plinth.Static(files)
//	app.Router().Handle("/*", pages)
//
// A page finds the URL and the publishable key for its client at /rest/v1/-/settings:
//
//	const { url, publishable_key } = await (await fetch('/rest/v1/-/settings')).json()
//	const client = createClient(url, publishable_key)
//
// Answers have [PagePolicy]. Browsers ask each time whether a file has changed, unless its
// URL is that of [Files.URL], which changes with the file: those they keep for a year.
func Static(files fs.FS) (*Files, error) {
	f := &Files{serve: http.FileServerFS(files), tags: map[string]string{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case len(name) > 1 && entry.Name()[0] == '.':
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		tag := hex.EncodeToString(sum[:8])
		f.tags["/"+name] = tag
		if folder, file := path.Split(name); file == "index.html" {
			f.tags["/"+folder] = tag
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("plinth: Static: %w", err)
	}
	return f, nil
}

// URL returns the path of a file with its version, such as "/style.css?v=1f0c", for pages
// that link it. Without such a file it returns the path.
func (f *Files) URL(name string) string {
	name = "/" + strings.TrimPrefix(name, "/")
	if tag := f.tags[name]; tag != "" {
		return name + "?v=" + tag
	}
	return name
}

// ServeHTTP answers GET and HEAD with a file.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tag, known := f.tags[r.URL.Path]
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	case !known:
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", PagePolicy)
	h.Set("Etag", `"`+tag+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == tag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	f.serve.ServeHTTP(w, r)
}
