package pgtest

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

const (
	// defaultImage is the official image, pinned to a major release so that a new one is a decision.
	defaultImage = "postgres:17"

	// containerName is the program of the folder container, as go install names it.
	containerName = "container"

	// answerTime is how long an engine may take to answer. Tests on machines without one must not wait for it.
	answerTime = 2 * time.Second
)

// openDocker starts a container of image and returns the server in it.
func openDocker(ctx context.Context, image string) (*cluster, error) {
	if err := engineAnswers(ctx); err != nil {
		return nil, fmt.Errorf("no engine answers: %w", err)
	}
	var admin string
	for try := 0; ; try++ {
		var err error
		if admin, err = startContainer(ctx, cmp.Or(image, defaultImage)); err == nil {
			break
		}
		if try == 2 || !errors.Is(err, programtest.ErrInUse) {
			return nil, err
		}
	}
	return newCluster(ctx, admin)
}

// startContainer starts the program in the folder container and waits for the server. The program and the container end with this
// process, because its standard input does.
func startContainer(ctx context.Context, image string) (admin string, err error) {
	cmd, err := containerCommand(append([]string{"-image", image}, settingsOf(false)...))
	if err != nil {
		return "", err
	}
	leash, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	log := &tail{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = cmd.Wait() // however it ended, the container ends with it
	}()
	admin = strings.TrimSpace(line)
	if err == nil {
		err = await(ctx, admin, gone)
	}
	if err != nil {
		_ = leash.Close() // the program ends
		<-gone
		return "", fmt.Errorf("image %s: %w", image, startError(err, log.last()))
	}
	return admin, nil
}

// containerCommand returns the command of the folder container: the program in PATH, or the source beside this file, which other
// modules do not have.
func containerCommand(args []string) (*exec.Cmd, error) {
	if path, err := exec.LookPath("plinth-" + containerName); err == nil {
		return exec.Command(path, args...), nil
	}
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Join(filepath.Dir(file), containerName)
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return nil, fmt.Errorf("the program plinth-%s is not in PATH: build %s", containerName, "github.com/seed-7694ebf6/plinth/store/storetest/pgtest/container")
	}
	cmd := exec.Command("go", append([]string{"-C", dir, "run", "."}, args...)...)
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	return cmd, nil
}

// engineAnswers asks the engine that DOCKER_HOST or the default socket leads to. An engine at another address is asked by the
// program that uses it.
func engineAnswers(ctx context.Context) error {
	socket := "/var/run/docker.sock"
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		path, local := strings.CutPrefix(host, "unix://")
		if !local {
			return nil
		}
		socket = path
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/_ping", http.NoBody)
	if err != nil {
		return err
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}
