package outbox_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

// The variables that turn this program into a worker which hangs after it has sent a mail.
const (
	hangURL    = "PLINTH_TEST_OUTBOX_URL"
	hangFolder = "PLINTH_TEST_OUTBOX_FOLDER"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(hangURL); url != "" {
		fmt.Fprintln(os.Stderr, hang(context.Background(), url, os.Getenv(hangFolder)))
		os.Exit(1)
	}
	leaktest.Main(m)
}
