// Command container starts PostgreSQL in a container of a Docker engine, for package pgtest.
// It is a module of its own: users of Plinth get no module of Docker's client.
//
//	container -image postgres:17 max_connections=300 fsync=off
//
// It prints the URL of the server in one line, before the server accepts connections, and
// what the server logs on standard error. It ends when its standard input or the container
// does, and the container ends with it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/ory/dockertest/v3"
)

func main() {
	image := flag.String("image", "postgres:17", "image of the server")
	flag.Parse()
	if err := run(context.Background(), *image, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, image string, settings []string) error {
	pool, err := dockertest.NewPool("")
	if err != nil {
		return err
	}
	if err := ping(ctx, pool.Client); err != nil {
		return fmt.Errorf("no engine answers: %w", err)
	}
	found, err := provideImage(ctx, pool.Client, image)
	if err != nil {
		return err
	}
	hostNetwork, err := lacksBridge(pool.Client)
	if err != nil {
		return err
	}
	port := ""
	if hostNetwork {
		if port, err = freePort(); err != nil {
			return err
		}
	}
	c, err := runContainer(ctx, pool.Client, found, port, settings)
	if err != nil {
		return err
	}
	fmt.Println(c.url)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until the test process is gone
		c.leash.Close()                      // closing an io.PipeWriter cannot fail
	}()
	<-c.gone
	return nil
}

// freePort returns a port that nothing listened on a moment ago. If another program takes
// it, the server does not start, and the caller tries again.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() // nothing was accepted
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
