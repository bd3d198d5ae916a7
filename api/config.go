package api

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/openapi"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/bounds"
)

// Config configures an [API]. In the zero value the caller is the principal that an
// outer middleware has put into the context, or anonymous if there is none.
type Config struct {
	// Authenticator authenticates requests. Invalid credentials are rejected with
	// 401. Nil leaves authentication to outer middleware, which puts the caller
	// into the context with auth.WithPrincipal.
	Authenticator auth.Authenticator

	// BasePath is the prefix of the resources in the path, such as "/rest/v1". Set
	// it if the router leaves the prefix in the URL, as chi and http.ServeMux do.
	// Paths without it are 404. Leave it empty under http.StripPrefix.
	BasePath string

	// Explain lets every caller request the plan of a read with Accept:
	// application/vnd.pgrst.plan+text or +json. Rejected writes then name the rules
	// that rejected them, and rejected credentials give the reason. Without it
	// requests for a plan are answered with 406. Documents for unauthenticated callers
	// list what any caller could do.
	//
	// Use it in development only. Plans reveal the number of rows, and rules reveal
	// their conditions, to callers without access to either.
	Explain bool

	// HideDocuments answers 404 where the API would describe itself: at the
	// root, and at /-/openapi.json, /-/types.ts and /-/docs. Without it every
	// caller gets a description of what this caller may be able to do. It contains
	// names that the caller could find by trial, but no hidden columns and nothing
	// that is not exposed. The page /-/docs itself contains no names.
	HideDocuments bool

	// KeepAnswers is how long the answer to a request with an Idempotency-Key is
	// kept for replay. If the answer is larger than Limits.Body, the request is
	// rejected and has no effect.
	//
	// Defaults to 24 hours.
	KeepAnswers time.Duration

	// KeptAnswersPerCaller and KeptBytesPerCaller limit the number and the total size
	// of the answers kept for one caller. The size is that of the stored form, in
	// which bodies take a third more. Beyond a limit a request with a new key is
	// rejected with 429 and has no effect. Answers already kept are still replayed.
	// Concurrent requests are checked against what was kept before them, so each of
	// them may exceed the limit by its own answer.
	//
	// All sessions, API keys, tenants and routes of a user count as one caller, and so
	// do all anonymous users (auth.Principal.IsAnonymous) of one network. Programs with
	// a secret key (auth.Service) have no limit. Raise the limits if one user writes
	// more than a few times per minute all day.
	//
	// Default to 10,000 and 64 MiB.
	KeptAnswersPerCaller int
	KeptBytesPerCaller   int64

	// Limits bounds what a request may ask for.
	Limits Limits

	// Logger logs what responses do not reveal: unknown errors and panics.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// PublicURL is what links in answers begin with, as
	// "https://example.org/rest/v1": the address of the resources as clients
	// see it. Without it links are paths below BasePath.
	PublicURL string

	// Routes are operations of the application beside the REST API, for its documents.
	// Documents list those with an open gate.
	Routes []Route

	// Title and Version name the API in its documents.
	//
	// Default to "API" and "1". An application has the name and the version of the program.
	Title, Version string
}

// Validate returns the mistakes that [New] would report.
func (c Config) Validate() error {
	_, err := c.withDefaults()
	return err
}

// Route documents an operation that the application serves beside the REST API.
type Route struct {
	openapi.Route

	// Gate opens for the callers that may use the operation.
	Gate Gate
}

// Limits bounds one request. A request beyond a limit is rejected with an answer that
// names the limit. The default limits of embeds are lowered instead; see AnswerRows. Zero
// means the default.
type Limits struct {
	// Aggregates is the number of aggregate functions of a request. Defaults
	// to 16.
	Aggregates int

	// Answer is the size of an answer in bytes; a write with a larger one is
	// undone. Defaults to 16 MiB.
	Answer int

	// AnswerRows is the number of rows of an answer, including the elements of every
	// array of embedded rows. Beyond it embeds without a limit in the request get a
	// lower one, which the header Embed-Limit names. If all limits are in the request,
	// it is rejected. Defaults to 10,000, and is at least Rows.
	AnswerRows int

	// Body is the size of a request's body in bytes, and of all that the steps of a
	// batch take from answers. Defaults to 1 MiB.
	Body int64

	// Elements is the number of members and elements, on all levels, of the operands of
	// cs, cd and ov in a request. The database may search the whole document of a row
	// for each of them. Defaults to 100.
	Elements int

	// EmbedDepth is how deep embeds nest. Defaults to 4.
	EmbedDepth int

	// Embeds is the number of embeds of a request. Defaults to 8.
	Embeds int

	// GroupDepth is how deep and/or groups nest. Defaults to 8.
	GroupDepth int

	// In is the number of values of an in list. Defaults to 1000.
	In int

	// Offset is the largest offset. Defaults to 100000.
	Offset int

	// Statement limits the time of a statement of a signed-in caller, and
	// StatementAnonymous that of an unauthenticated caller. Beyond it the answer is 400
	// with 57014. Service keys and Go code have the StatementTimeout of the engine's
	// Options, which bounds these limits too. Default to 8 and to 3 seconds.
	Statement, StatementAnonymous time.Duration

	// Predicates is the number of comparisons of a request. Defaults to 50.
	Predicates int

	// Query is the length of the query string in bytes. A list has no Link header if
	// the link would be longer. Defaults to 8 KiB.
	Query int

	// Rows is the largest limit and the largest number of rows of one insert;
	// an answer without a limit of its own has at most as many. Defaults to
	// 1000.
	Rows int

	// Steps is the number of requests in a batch. Defaults to 50.
	Steps int
}

// withDefaults fills in the limits that the grammar of URLs has not: see grammar.
func (l Limits) withDefaults() Limits {
	l.Answer = cmp.Or(l.Answer, 16<<20)
	l.AnswerRows = cmp.Or(l.AnswerRows, 10_000)
	l.Body = cmp.Or(l.Body, bounds.Body)
	l.Statement = cmp.Or(l.Statement, 8*time.Second)
	l.StatementAnonymous = cmp.Or(l.StatementAnonymous, 3*time.Second)
	l.Steps = cmp.Or(l.Steps, 50)
	return l
}

func (l Limits) check() error {
	if min(l.Aggregates, l.Answer, l.AnswerRows, l.Elements, l.EmbedDepth, l.Embeds, l.GroupDepth, l.In, l.Offset, l.Predicates, l.Query, l.Rows, l.Steps) < 0 || l.Body < 0 || min(l.Statement, l.StatementAnonymous) < 0 {
		return errors.New("api: Config.Limits: a limit is negative")
	}
	return nil
}

// grammar returns the limits the grammar of URLs holds, with its defaults.
func (l Limits) grammar() pgrst.Limits {
	return pgrst.Limits{
		Query: l.Query, Rows: l.Rows, Offset: l.Offset, In: l.In, Elements: l.Elements, Embeds: l.Embeds, EmbedDepth: l.EmbedDepth,
		Predicates: l.Predicates, GroupDepth: l.GroupDepth, Aggregates: l.Aggregates,
	}.WithDefaults()
}

// withDefaults checks the configuration and fills in what was left out.
func (c Config) withDefaults() (Config, error) {
	errs := []error{c.Limits.check()}
	c.Limits = c.Limits.withDefaults()
	c.KeepAnswers = cmp.Or(c.KeepAnswers, 24*time.Hour)
	if c.KeepAnswers < 0 {
		errs = append(errs, errors.New("api: Config.KeepAnswers is negative"))
	}
	c.KeptAnswersPerCaller = cmp.Or(c.KeptAnswersPerCaller, 10_000)
	c.KeptBytesPerCaller = cmp.Or(c.KeptBytesPerCaller, 64<<20)
	if c.KeptAnswersPerCaller < 0 || c.KeptBytesPerCaller < 0 {
		errs = append(errs, errors.New("api: Config.KeptAnswersPerCaller and KeptBytesPerCaller must not be negative"))
	}
	c.Title, c.Version = cmp.Or(c.Title, "API"), cmp.Or(c.Version, "1")
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.BasePath = strings.TrimSuffix(c.BasePath, "/")
	if c.BasePath != "" && !strings.HasPrefix(c.BasePath, "/") {
		errs = append(errs, fmt.Errorf("api: Config.BasePath %q must begin with a slash", c.BasePath))
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
			errs = append(errs, fmt.Errorf("api: Config.PublicURL %q must be an http or https URL without a query", c.PublicURL))
		}
		c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	}
	return c, errors.Join(errs...)
}
