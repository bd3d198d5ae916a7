package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

// The sides that are compared.
const (
	sideHand   = "hand-written"
	sidePlinth = "plinth"
)

const (
	engineSQLite   = "sqlite"
	enginePostgres = "postgres"
)

// serverCommand is what a server process is asked: first to serve, then what it
// has used, or to begin or end its profiles.
type serverCommand struct {
	Serve   *serverConfig `json:",omitempty"`
	Profile string        `json:",omitempty"` // file names begin so; "-" ends
}

// serverConfig says what to serve.
type serverConfig struct {
	Side, Engine string
	Database     string // a file, or a URL

	// Pooler says that PgBouncer stands before the database.
	Pooler bool `json:",omitempty"`

	// Log is the file of the access log.
	Log string `json:",omitempty"`

	// Hidden are titles of items that the policy keeps from everybody, a
	// condition for each.
	Hidden []string `json:",omitempty"`
}

// serverState is the answer.
type serverState struct {
	Address string
	CPU     int64  // nanoseconds computed so far
	Objects uint64 // allocated so far
	Bytes   uint64 // allocated so far
}

// runServer is a server process.
func runServer(in *json.Decoder, out *json.Encoder) error {
	var address string
	var profile profile
	return answering(in, out, func(c serverCommand) (serverState, error) {
		switch {
		case c.Serve != nil && c.Serve.Side == sideApplication:
			var err error
			if address, err = c.Serve.runApplication(context.Background()); err != nil {
				return serverState{}, err
			}
		case c.Serve != nil && c.Serve.Side == sideBare:
			handler, err := newBare(context.Background(), c.Serve)
			if err != nil {
				return serverState{}, err
			}
			if address, err = serveBare(handler); err != nil {
				return serverState{}, err
			}
		case c.Serve != nil:
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return serverState{}, err
			}
			handler, err := c.Serve.handler(context.Background())
			if err != nil {
				return serverState{}, err
			}
			address = listener.Addr().String()
			go func() {
				server := &http.Server{Handler: handler}
				if c.Serve.Side == sidePlinth {
					listener = respwriter.Serve(server, listener) // as plinth.App serves
				}
				err := server.Serve(listener)
				fmt.Fprintln(os.Stderr, "bench:", err)
				os.Exit(1)
			}()
		case c.Profile == "-":
			if err := profile.end(); err != nil {
				return serverState{}, err
			}
		case c.Profile != "":
			if err := profile.begin(c.Profile); err != nil {
				return serverState{}, err
			}
		}
		return state(address)
	})
}

// handler builds the side that is asked for.
func (c *serverConfig) handler(ctx context.Context) (http.Handler, error) {
	if c.Side == sidePlinth {
		return newPlinth(ctx, c)
	}
	if c.Engine == enginePostgres {
		r, err := openHandPostgres(ctx, c)
		return newHand(r), err
	}
	r, err := openHandSQLite(ctx, c)
	return newHand(r), err
}

func state(address string) (serverState, error) {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	cpu, err := cpuTime()
	return serverState{Address: address, CPU: cpu, Objects: samples[0].Value.Uint64(), Bytes: samples[1].Value.Uint64()}, err
}

// profile collects the CPU and allocation profiles of a while.
type profile struct {
	name string
	cpu  *os.File
}

func (p *profile) begin(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	cpu, err := os.Create(name + ".cpu")
	if err != nil {
		return err
	}
	p.name, p.cpu = name, cpu
	return pprof.StartCPUProfile(cpu)
}

// end writes the profiles. Allocations are counted since the process began.
func (p *profile) end() error {
	pprof.StopCPUProfile()
	allocs, err := os.Create(p.name + ".allocs")
	if err != nil {
		return err
	}
	runtime.GC()
	return errors.Join(pprof.Lookup("allocs").WriteTo(allocs, 0), allocs.Close(), p.cpu.Close())
}

// tokenPrefix makes a user's token of the user's ID: what checking a token costs
// is not the question here.
const tokenPrefix = "Bearer user-"

var errToken = fmt.Errorf("%w: bench: unknown token", auth.ErrInvalid)

// authenticate is the step both sides begin with.
func authenticate(r *http.Request) (auth.Principal, error) {
	id, ok := strings.CutPrefix(r.Header.Get("Authorization"), tokenPrefix)
	if !ok {
		return auth.Principal{}, errToken
	}
	return auth.Principal{Kind: auth.User, ID: id}, nil
}
