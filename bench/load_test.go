package bench_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// loadJob asks the load generator to send requests for a while: each connection
// its own part of them, over and over, the next as soon as it has the answer.
type loadJob struct {
	Address     string
	Connections int
	For         time.Duration
	Requests    [][]byte // whole requests as they go over the wire
	Status      int      // of every answer
	Refusals    bool     // 429 and 503 are counted apart, else they are errors
}

// loadResult is what came of a job.
type loadResult struct {
	Answers  int
	Refused  int
	Took     time.Duration
	P50, P99 time.Duration // from a request to its answer
}

// runLoad is the load generator. It speaks just enough HTTP to be much cheaper
// than any server: a client that costs as much would hide half of a difference.
func runLoad(in *json.Decoder, out *json.Encoder) error {
	return answering(in, out, func(job loadJob) (loadResult, error) { return job.run() })
}

func (j *loadJob) run() (loadResult, error) {
	connections := make([]*connection, j.Connections)
	for i := range connections {
		c, err := net.Dial("tcp", j.Address)
		if err != nil {
			return loadResult{}, err
		}
		defer c.Close()
		connections[i] = &connection{Conn: c, in: bufio.NewReaderSize(c, 64<<10), next: i * len(j.Requests) / j.Connections}
	}
	var wg sync.WaitGroup
	errs := make([]error, j.Connections)
	begin := time.Now()
	for i, c := range connections {
		wg.Go(func() { errs[i] = c.drive(j, begin.Add(j.For)) })
	}
	wg.Wait()
	result := loadResult{Took: time.Since(begin)}
	var waits []time.Duration
	for _, c := range connections {
		waits = append(waits, c.waits...)
		result.Refused += c.refused
	}
	slices.Sort(waits)
	result.Answers, result.P50, result.P99 = len(waits), percentile(waits, 50), percentile(waits, 99)
	return result, errors.Join(errs...)
}

type connection struct {
	net.Conn
	in    *bufio.Reader
	next  int
	waits []time.Duration // for each answer

	refused int
}

func (c *connection) drive(j *loadJob, end time.Time) error {
	for asked := time.Now(); asked.Before(end); {
		request := j.Requests[c.next]
		c.next = (c.next + 1) % len(j.Requests)
		if _, err := c.Write(request); err != nil {
			return err
		}
		status, err := skipAnswer(c.in)
		if err != nil {
			return fmt.Errorf("%q: %w", request, err)
		}
		answered := time.Now()
		if j.Refusals && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) {
			c.refused++
			asked = answered
			continue
		}
		if status != j.Status {
			return fmt.Errorf("%q: status %d, want %d", request, status, j.Status)
		}
		c.waits = append(c.waits, answered.Sub(asked))
		asked = answered
	}
	return nil
}

// percentile returns the value below which that part of the sorted values lies,
// zero of none.
func percentile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)-1)*percent/100]
}

// skipAnswer reads an answer with a length or in chunks and returns its status.
func skipAnswer(in *bufio.Reader) (status int, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("not an answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, fmt.Errorf("not an answer: %q", line)
	}
	length := 0
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= len("\r\n") {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			return status, skipChunks(in)
		}
	}
	_, err = in.Discard(length)
	return status, err
}

// skipChunks reads the rest of the header and a body in chunks.
func skipChunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= len("\r\n") {
			break
		}
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if _, err := in.Discard(int(size) + len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
}

func TestSkipAnswer(t *testing.T) {
	t.Parallel()
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: now\r\n\r\nabc"
	const chunked = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nDate: now\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"
	const empty = "HTTP/1.1 204 No Content\r\n\r\n"
	in := bufio.NewReader(strings.NewReader(whole + chunked + empty + whole))
	for i, want := range []int{200, 201, 204, 200} {
		if status, err := skipAnswer(in); status != want || err != nil {
			t.Fatalf("answer %d: %d, %v, want %d", i, status, err, want)
		}
	}
	if _, err := skipAnswer(in); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last answer: %v", err)
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 101)
	for i := range hundred {
		hundred[i] = time.Duration(i)
	}
	if p50, p99 := percentile(hundred, 50), percentile(hundred, 99); p50 != 50 || p99 != 99 {
		t.Errorf("of 0 to 100: %d and %d", p50, p99)
	}
	if got := percentile(nil, 99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
