package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/ory/dockertest/v3/docker"
)

const (
	// answerTime is how long an engine may take to answer: without one, tests must not wait for it.
	answerTime = 2 * time.Second

	// pullSilence ends a pull that does not proceed.
	pullSilence = 20 * time.Second

	postgresPort = docker.Port("5432/tcp")
)

// tethered runs its arguments until they end or its standard input does. The engine
// closes that input when the test process is gone, so a container is always removed.
// The pipe goes through descriptor 3 because a shell gives background jobs an empty
// standard input.
const tethered = `exec 3<&0 </dev/null
"$@" 3<&- & server=$!
(cat <&3 >/dev/null; kill -KILL "$server") &
wait "$server"`

func ping(ctx context.Context, client *docker.Client) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return client.PingWithContext(ctx)
}

// provideImage returns the image, pulling it if the engine does not have it.
func provideImage(ctx context.Context, client *docker.Client, name string) (*docker.Image, error) {
	found, err := client.InspectImage(name)
	if !errors.Is(err, docker.ErrNoSuchImage) {
		return found, err
	}
	repository, tag := docker.ParseRepositoryTag(name)
	err = client.PullImage(docker.PullImageOptions{
		Repository: repository, Tag: cmp.Or(tag, "latest"), Context: ctx, InactivityTimeout: pullSilence, OutputStream: io.Discard,
	}, docker.AuthConfiguration{})
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", name, err)
	}
	return client.InspectImage(name)
}

// container is a running server in an engine.
type container struct {
	url   string
	leash *io.PipeWriter // the container's standard input: the container lives as long as it is open
	gone  chan struct{}  // closed when the container has ended
}

// runContainer creates, attaches to and starts a container. Attaching comes before starting: from its first moment on, the
// container ends with the connection, and the engine removes it. Without a port it has a network of its own, of which the engine
// publishes the server's port; with one it has the host's network.
func runContainer(ctx context.Context, client *docker.Client, image *docker.Image, port string, settings []string) (*container, error) {
	password := rand.Text()
	host := &docker.HostConfig{AutoRemove: true, PortBindings: map[docker.Port][]docker.PortBinding{postgresPort: {{HostIP: "127.0.0.1"}}}}
	if port != "" {
		host = &docker.HostConfig{AutoRemove: true, NetworkMode: "host"}
		settings = append(slices.Clone(settings), "listen_addresses=127.0.0.1", "port="+port)
	}
	created, err := client.CreateContainer(docker.CreateContainerOptions{
		Context: ctx,
		Config: &docker.Config{
			Image: image.ID, Env: []string{"POSTGRES_PASSWORD=" + password},
			Entrypoint:   slices.Concat([]string{"sh", "-c", tethered, "pgtest"}, image.Config.Entrypoint),
			Cmd:          slices.Concat([]string{"postgres"}, asFlags(settings)),
			ExposedPorts: map[docker.Port]struct{}{postgresPort: {}},
			OpenStdin:    true, StdinOnce: true, AttachStdin: true,
			Labels: map[string]string{"plinth.pgtest": "true"},
		},
		HostConfig: host,
	})
	if err != nil {
		return nil, fmt.Errorf("create a container: %w", err)
	}
	b, err := attach(client, created.ID)
	if err == nil {
		err = client.StartContainerWithContext(created.ID, nil, ctx)
	}
	if err == nil && port == "" {
		port, err = boundPort(ctx, client, created.ID)
	}
	if err != nil {
		remove := docker.RemoveContainerOptions{ID: created.ID, Force: true, RemoveVolumes: true}
		return nil, errors.Join(fmt.Errorf("run a container: %w", err), client.RemoveContainer(remove))
	}
	b.url = (&url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", password), Host: net.JoinHostPort(engineHost(client.Endpoint()), port),
		Path: "/postgres", RawQuery: "sslmode=disable",
	}).String()
	return b, nil
}

// attach connects this process to the container's standard streams and keeps the connection.
func attach(client *docker.Client, id string) (*container, error) {
	in, leash := io.Pipe()
	b := &container{leash: leash, gone: make(chan struct{})}
	attached := make(chan struct{})
	session, err := client.AttachToContainerNonBlocking(docker.AttachToContainerOptions{
		Container: id, InputStream: in, OutputStream: os.Stderr, ErrorStream: os.Stderr, Success: attached,
		Stream: true, Stdin: true, Stdout: true, Stderr: true,
	})
	if err != nil {
		return nil, err
	}
	<-attached
	attached <- struct{}{}
	go func() {
		defer close(b.gone)
		_ = session.Wait() // however the session ended, the container ends with it
	}()
	return b, nil
}

// boundPort waits for the engine to say which port of the host leads to the server.
func boundPort(ctx context.Context, client *docker.Client, id string) (string, error) {
	for {
		c, err := client.InspectContainerWithContext(id, ctx)
		if err != nil {
			return "", err
		}
		if !c.State.Running {
			return "", errors.New("it ended at once")
		}
		if bound := c.NetworkSettings.Ports[postgresPort]; len(bound) > 0 {
			return bound[0].HostPort, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// lacksBridge reports an engine that has no bridge network, as some nested ones; its containers can share the host's only.
func lacksBridge(client *docker.Client) (bool, error) {
	networks, err := client.ListNetworks()
	if err != nil {
		return false, fmt.Errorf("list networks: %w", err)
	}
	return !slices.ContainsFunc(networks, func(n docker.Network) bool { return n.Driver == "bridge" }), nil
}

// engineHost is where an engine's published ports are: on this machine, unless the engine is reached through the network.
func engineHost(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" || u.Scheme == "unix" || u.Scheme == "npipe" {
		return "127.0.0.1"
	}
	return u.Hostname()
}

// asFlags turns settings into arguments of the postgres command.
func asFlags(settings []string) []string {
	var flags []string
	for _, s := range settings {
		flags = append(flags, "-c", s)
	}
	return flags
}
