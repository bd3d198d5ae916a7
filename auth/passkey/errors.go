package passkey

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/seed-7694ebf6/plinth/auth"
)

// maxReason is how many bytes of a library's reason reach the logs.
const maxReason = 200

// refuse returns the error for a rejected response. The reason is for logs.
func refuse(reason string) error {
	return fmt.Errorf("auth/passkey: %s: %w", reason, auth.ErrInvalid)
}

// refused converts an error of a library or a decoder. Quotes of the response are escaped and
// cut. The cause is not wrapped, to keep its type out of the API.
func refused(what string, err error) error {
	reason := err.Error()
	if e, ok := errors.AsType[*protocol.Error](err); ok && e.DevInfo != "" {
		reason += ": " + e.DevInfo
	}
	quoted := strconv.QuoteToASCII(reason[:min(len(reason), maxReason)])
	return refuse(what + ": " + quoted[1:len(quoted)-1])
}
