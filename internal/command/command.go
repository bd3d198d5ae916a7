// Package command runs the commands of an application's program: serve, worker, migrate,
// jobs, keys, openapi, types, policy, rotate-master-key and health.
package command

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/environment"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// The exit codes of a program.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

const usage = `Usage: %s [command]

  serve                          serve until interrupted; the default
  worker                         run jobs and other background work without a server
  migrate up|status|diff|verify  apply migrations; list them; print what the models have
                                 more than the database; check that nothing is missing
  migrate baseline LINE          record the pending migrations of a line as applied, if
                                 development has already made their changes
  jobs list|retry|discard [-kind KIND] [-queue QUEUE] [-state STATE] [ID ...]
                                 list jobs with their progress; run dead ones again; remove
                                 jobs; list prints up to 50, or -limit N
  jobs pause|resume QUEUE        keep the jobs of a queue waiting, or run them again
  jobs status                    print a line for each queue; the exit code is 1 if jobs have
                                 been due for more than a minute
  openapi [-role ROLE]           print the OpenAPI document
  types [-role ROLE]             print the types for supabase-js
  policy [-role ROLE]            print the rules of all resources and functions
  keys                           print new API keys and a new master key, as variables of
                                 the environment
  rotate-master-key              encrypt the secrets of accounts and jobs again with the first
                                 of PLINTH_MASTER_KEYS, so that an old key can be removed
  health [-live]                 ask the server at the configured address whether it is
                                 ready, with -live whether it runs; the exit code is 0 or 1

openapi and types print what any caller may be able to do, policy the rules as they are
written. With -role ROLE they print what a user with that role may do, with "-role
authenticated" a user without roles, with "-role anonymous" a caller without credentials.
openapi, types and policy read no table. With PLINTH_DATABASE_URL=:memory: they need no
database. The variables PLINTH_* configure all commands.
`

// usageError is a mistake in the arguments of the program.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// Program is an application as its commands use it.
type Program struct {
	API    *api.API
	Schema *Schema
	Health Health

	// Serve serves until the context ends.
	Serve func(context.Context) error

	// Work runs the background work without a server until the context ends.
	Work func(context.Context) error

	// Jobs are the jobs of the application.
	Jobs *jobs.Jobs

	// Register registers all tables.
	Register func() error

	// RotateMasterKey encrypts all secrets with the first master key and returns their number.
	RotateMasterKey func(context.Context) (int, error)
}

// ExitCode prints the error of a command and returns the exit code of the program: 0, 1 if
// the command failed, 2 if the arguments name none.
func ExitCode(err error) int {
	var wrong *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(os.Stdout, usage, os.Args[0])
		return exitOK
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "%s\n\n"+usage, wrong.text, os.Args[0])
		return exitUsage
	}
	fmt.Fprintln(os.Stderr, err)
	return exitFailed
}

// Run runs the command that arguments name, and writes its result to out.
func (p *Program) Run(ctx context.Context, args []string, out io.Writer) error {
	name := "serve"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	if asksHelp(name) {
		return flag.ErrHelp
	}
	switch name {
	case "serve":
		if err := noArguments(name, args); err != nil {
			return err
		}
		return p.Serve(ctx)
	case "worker":
		if err := noArguments(name, args); err != nil {
			return err
		}
		return p.Work(ctx)
	case "jobs":
		return p.jobs(ctx, args, out)
	case "migrate":
		return p.migrate(ctx, args, out)
	case "openapi":
		return p.document(name, args, out, p.API.OpenAPI)
	case "types":
		return p.document(name, args, out, p.API.TypeScript)
	case "policy":
		return p.policy(args, out)
	case "keys":
		return printKeys(args, out)
	case "rotate-master-key":
		return p.rotateMasterKey(ctx, args, out)
	case HealthName:
		return p.Health.Run(ctx, args, out)
	}
	return &usageError{fmt.Sprintf("unknown command %q", name)}
}

// printKeys prints new keys as variables of the environment. Nothing keeps them.
func printKeys(args []string, out io.Writer) error {
	if err := noArguments("keys", args); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "PLINTH_PUBLISHABLE_KEYS=%s\nPLINTH_SECRET_KEYS=%s\nPLINTH_MASTER_KEYS=%s\n",
		auth.NewPublishableKey(), auth.NewSecretKey(), base64.StdEncoding.EncodeToString(environment.NewKey()))
	return err
}

func asksHelp(arg string) bool {
	return slices.Contains([]string{"-h", "-help", "--help", "help"}, arg)
}

// noArguments rejects arguments of a command that takes none, except -h.
func noArguments(name string, args []string) error {
	return parseFlags(flag.NewFlagSet(name, flag.ContinueOnError), args)
}

// parseFlags parses flags and rejects further arguments.
func parseFlags(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return &usageError{flags.Name() + ": " + err.Error()}
	}
	if flags.NArg() > 0 {
		return &usageError{fmt.Sprintf("%s: unexpected argument %q", flags.Name(), flags.Arg(0))}
	}
	return nil
}

// document prints the API's description for a caller.
func (p *Program) document(name string, args []string, out io.Writer, write func(auth.Principal) ([]byte, error)) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	role := flags.String("role", "", "")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if _, err := p.API.Handler(); err != nil {
		return err
	}
	if err := p.checkRole(name, *role); err != nil {
		return err
	}
	text, err := write(exampleCaller(*role))
	if err != nil {
		return err
	}
	if json.Valid(text) {
		var indented bytes.Buffer
		if err := json.Indent(&indented, text, "", "  "); err != nil {
			return err
		}
		text = append(indented.Bytes(), '\n')
	}
	_, err = out.Write(text)
	return err
}

// The roles of the commands openapi and types that no rule has to name.
const (
	roleAnonymous     = "anonymous"
	roleAuthenticated = "authenticated"
)

// checkRole rejects a role that no rule asks for, such as a misspelt one.
func (p *Program) checkRole(command, role string) error {
	known, complete := p.API.Roles()
	if !complete || slices.Contains(append(known, "", roleAnonymous, roleAuthenticated), role) {
		return nil
	}
	return &usageError{fmt.Sprintf("%s: no rule asks for the role %q; want one of: %s", command, role, strings.Join(append(known, roleAuthenticated, roleAnonymous), ", "))}
}

// exampleCaller returns a caller with a role. Its variables have example values, since
// rules ask whether they have one.
func exampleCaller(role string) auth.Principal {
	const id = "00000000-0000-7000-8000-000000000000"
	user := auth.Principal{Kind: auth.User, ID: id, Subject: id, Tenant: id, Session: id, AAL: 1}
	switch role {
	case "":
		return auth.Principal{Kind: auth.Service}
	case roleAnonymous:
		return auth.Principal{}
	case roleAuthenticated:
		return user
	}
	user.Roles = []string{role}
	return user
}

// policy prints the rules as they are written, or as they apply to a role.
func (p *Program) policy(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("policy", flag.ContinueOnError)
	role := flags.String("role", "", "")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if _, err := p.API.Handler(); err != nil {
		return err
	}
	if *role == "" {
		_, err := io.WriteString(out, p.API.Describe())
		return err
	}
	if err := p.checkRole("policy", *role); err != nil {
		return err
	}
	c, err := p.API.Catalog(exampleCaller(*role))
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, c.String())
	return err
}

// rotateMasterKey encrypts the secrets of accounts and jobs with the current master key, so that
// an old one can be removed. It may run beside serving instances.
func (p *Program) rotateMasterKey(ctx context.Context, args []string, out io.Writer) error {
	if err := noArguments("rotate-master-key", args); err != nil {
		return err
	}
	if err := p.Register(); err != nil {
		return err
	}
	if err := p.Schema.Verify(ctx); err != nil {
		return err
	}
	n, err := p.RotateMasterKey(ctx)
	fmt.Fprintf(out, "%d secrets encrypted with the first of PLINTH_MASTER_KEYS\n", n)
	return err
}
