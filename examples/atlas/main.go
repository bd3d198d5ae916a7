// Atlas serves the countries, subdivisions, languages and currencies of Debian's
// iso-codes package. Anyone may read them; the holder of a secret key may write.
//
//	go build ./examples/atlas && export PATH=$PWD:$PATH
//	export PLINTH_INSECURE_DEVELOPMENT=1 PLINTH_SECRET_KEYS=$(atlas key)
//	atlas serve &
//	atlas load -url http://127.0.0.1:8090 -key $PLINTH_SECRET_KEYS
//
// Key prints a new secret key, which serve takes from the environment; the first
// variable lets a server of development have keys of one's own. Serve keeps its
// data where PLINTH_DATABASE_URL says, by default in a SQLite file in the working
// folder. Load reads the JSON files of iso-codes and sends them in bulk. It
// writes a row that exists again, so after a failure it is enough to run it once
// more. It has the commands migrate, openapi, types and policy of every application too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed-7694ebf6/plinth/auth"
)

// errUsage is the answer to arguments that make no sense.
var errUsage = errors.New("usage: atlas key | atlas load -key KEY [-url URL] [-iso FOLDER] | atlas serve | atlas migrate | atlas openapi | atlas types | atlas policy")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	var code exitCode
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// exitCode is the end of a command that has said itself what was wrong.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// run executes one command and writes what a person should see to out.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	switch args[0] {
	case "key":
		_, err := fmt.Println(auth.NewSecretKey())
		return err
	case "load":
		return loadCommand(ctx, args[1:], out)
	case "serve", "migrate", "openapi", "types", "policy":
		return application(ctx, args)
	}
	return fmt.Errorf("atlas: unknown command %q; %w", args[0], errUsage)
}

// loadCommand reads the flags of load. The key may come from the environment,
// because the arguments of a process are visible to everybody on the machine.
func loadCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(out)
	url := flags.String("url", "http://127.0.0.1:8090", "address of the server")
	key := flags.String("key", "", "secret key of the server; also ATLAS_KEY")
	folder := flags.String("iso", isoFolder(), "folder with the JSON files of iso-codes; also ISO_CODES")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if *key == "" {
		*key = os.Getenv("ATLAS_KEY")
	}
	if *key == "" {
		return errors.New("atlas: load needs the server's secret key: give -key or ATLAS_KEY")
	}
	c, err := newClient(*url, *key)
	if err != nil {
		return err
	}
	codes, err := readCodes(*folder)
	if err != nil {
		return err
	}
	return load(ctx, c, codes.steps(), newProgress(out))
}
