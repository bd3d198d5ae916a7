package repository_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/api/mail/outbox"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/captcha"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// answers says for every exported error of the module how a client is answered that a
// handler passes it on to. It is typed from what the errors mean, not from their codes.
func answers() map[string]answerOf {
	return map[string]answerOf{
		"api.Error":                {&api.Error{Message: "no"}, 400},
		"mail.Error":               {&mail.Error{Op: "connect", Code: 421}, 500},
		"realtime.ErrResync":       {realtime.ErrResync, 500}, // both end a stream, which tells its client itself
		"realtime.ErrSlow":         {realtime.ErrSlow, 500},
		"realtime.ErrInterrupted":  {realtime.ErrInterrupted, 500},
		"auth.ErrInvalid":          {auth.ErrInvalid, 401},
		"auth.ErrExpired":          {auth.ErrExpired, 401},
		"auth.ErrCrossOrigin":      {auth.ErrCrossOrigin, 403},
		"auth.ErrUnavailable":      {auth.ErrUnavailable, 503},
		"accounts.ErrUserNotFound": {accounts.ErrUserNotFound, 404},
		"accounts.CallError":       {&accounts.CallError{Status: 400, Code: "invalid_credentials"}, 400},
		"accounts.ImportError":     {&accounts.ImportError{Row: 1, Err: fault.ErrUnavailable}, 503},
		"captcha.ErrRejected":      {captcha.ErrRejected, 500},
		"oidc.AnswerError":         {&oidc.AnswerError{Code: "access_denied"}, 401},
		"oidc.ErrNoEndSession":     {oidc.ErrNoEndSession, 400},
		"password.ErrBusy":         {password.ErrBusy, 503},
		"password.ErrFormat":       {password.ErrFormat, 500}, // of what is stored here
		"password.ErrMismatch":     {password.ErrMismatch, 400},
		"password.WeakError":       {&password.WeakError{}, 400},
		"cache.ErrNotFound":        {cache.ErrNotFound, 404},
		"redis.ErrClosed":          {redis.ErrClosed, 503},
		"redis.ErrUnavailable":     {redis.ErrUnavailable, 503},

		"fault.ErrBusy":                {fault.ErrBusy, 503},
		"fault.ErrConflict":            {fault.ErrConflict, 409},
		"fault.ErrDenied":              {fault.ErrDenied, 403},
		"fault.ErrNotFound":            {fault.ErrNotFound, 404},
		"fault.ErrReadOnlyTable":       {fault.ErrReadOnlyTable, 405},
		"fault.ErrOutOfRange":          {fault.ErrOutOfRange, 400},
		"fault.ErrReceiptBusy":         {fault.ErrReceiptBusy, 409},
		"fault.ErrStale":               {fault.ErrStale, 412},
		"fault.ErrTimeout":             {fault.ErrTimeout, 400},
		"fault.ErrTooLarge":            {fault.ErrTooLarge, 400},
		"fault.ErrUnavailable":         {fault.ErrUnavailable, 503},
		"fault.AmbiguousRelationError": {&fault.AmbiguousRelationError{}, 300},
		"fault.BodyError":              {&fault.BodyError{}, 400},
		"fault.CardinalityError":       {&fault.CardinalityError{}, 406},
		"fault.ConstraintError":        {&fault.ConstraintError{Kind: store.Unique}, 409},
		"fault.LimitError":             {&fault.LimitError{}, 400},
		"fault.MaxAffectedError":       {&fault.MaxAffectedError{}, 400},
		"fault.QueryError":             {&fault.QueryError{}, 400},
		"fault.ReadOnlyColumnError":    {&fault.ReadOnlyColumnError{}, 400},
		"fault.UnknownColumnError":     {&fault.UnknownColumnError{}, 400},
		"fault.UnknownRelationError":   {&fault.UnknownRelationError{}, 400},
		"fault.UnknownTableError":      {&fault.UnknownTableError{}, 404},
		"fault.ValidationError":        {&fault.ValidationError{}, 400},
		"fault.ValueError":             {&fault.ValueError{}, 400},

		// Mistakes of the program, and what only operators can mend.
		"fault.ErrInTx":           {fault.ErrInTx, 500},
		"fault.ErrNoScope":        {fault.ErrNoScope, 500},
		"fault.ErrNoTenant":       {fault.ErrNoTenant, 500},
		"fault.ErrReadOnly":       {fault.ErrReadOnly, 500},
		"changelog.ErrReaderBusy": {changelog.ErrReaderBusy, 500},
		"changelog.ErrResync":     {changelog.ErrResync, 500},
		"changelog.ErrStandby":    {changelog.ErrStandby, 500},
		"fault.ErrTxDone":         {fault.ErrTxDone, 500},
		"fault.ErrTxFailed":       {fault.ErrTxFailed, 500},
		"jobs.ErrArgsTooLarge":    {jobs.ErrArgsTooLarge, 500},
		"jobs.ErrLeaseLost":       {jobs.ErrLeaseLost, 500},
		"outbox.ErrNoSender":      {outbox.ErrNoSender, 500},
		"migrate.ErrLocked":       {migrate.ErrLocked, 500},
		"migrate.SchemaError":     {&migrate.SchemaError{}, 500},

		// Between the store and its drivers; the store makes its own of them.
		"driver.ErrBusy":        {driver.ErrBusy, 503},
		"driver.ErrFull":        {driver.ErrFull, 500},
		"driver.ErrRaised":      {driver.ErrRaised, 500},
		"driver.ErrReadOnly":    {driver.ErrReadOnly, 500},
		"driver.ErrRetry":       {driver.ErrRetry, 500},
		"driver.ErrTimeout":     {driver.ErrTimeout, 500},
		"driver.ErrTooLarge":    {driver.ErrTooLarge, 500},
		"driver.ErrTooManyRows": {driver.ErrTooManyRows, 500},
		"driver.ErrTxAborted":   {driver.ErrTxAborted, 500},
		"driver.ErrUnavailable": {driver.ErrUnavailable, 500},
		"driver.ErrValue":       {driver.ErrValue, 500},
		"driver.Raised":         {&driver.Raised{}, 500},
		"driver.Violation":      {&driver.Violation{}, 500},
	}
}

type answerOf struct {
	err    error
	status int
}

// TestEveryErrorHasItsAnswer: each exported error has a declared answer for clients.
func TestEveryErrorHasItsAnswer(t *testing.T) {
	t.Parallel()
	known := answers()
	exported := exportedErrors(t)
	for _, name := range exported {
		want, ok := known[name]
		if !ok {
			t.Errorf("%s: say in answers how a client is answered", name)
			continue
		}
		for _, err := range []error{want.err, fmt.Errorf("wrapped: %w", want.err)} {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
			problem.Write(w, r, err, problem.Options{Authenticated: true, Logger: slog.New(slog.DiscardHandler)})
			if w.Code != want.status {
				t.Errorf("%s: status %d, want %d: %s", name, w.Code, want.status, w.Body)
			}
		}
	}
	for name := range known {
		if !slices.Contains(exported, name) {
			t.Errorf("%s is no exported error", name)
		}
	}
}

// exportedErrors returns the variables Err... and the types ...Error that are errors, of
// all packages that others can import.
func exportedErrors(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "internal" || name == "testdata" || name == "examples" || name != "." && name[0] == '.'):
			return filepath.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || name == "alias.go":
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil || parsed.Name.Name == "main" {
			return err
		}
		for _, decl := range parsed.Decls {
			for _, name := range errorsOf(decl) {
				name = parsed.Name.Name + "." + name
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// errorsOf returns the errors of a declaration. Of a type it is the method Error that tells.
func errorsOf(decl ast.Decl) (names []string) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil || decl.Name.Name != "Error" || len(decl.Type.Params.List) > 0 {
			return nil
		}
		receiver := decl.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if name, ok := receiver.(*ast.Ident); ok && name.IsExported() {
			names = append(names, name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || decl.Tok != token.VAR {
				continue
			}
			for _, name := range value.Names {
				if rest, isError := strings.CutPrefix(name.Name, "Err"); isError && ast.IsExported(rest) {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}
