package strictjson

import (
	"fmt"
	"strconv"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
)

// codeBadBody is PostgREST's code for a body it cannot use. A test holds it equal to
// that of internal/problem, which is not imported here because of net/http.
const codeBadBody = "PGRST102"

// SyntaxError reports why a document was rejected.
type SyntaxError struct {
	// Offset is the byte at which the reader stopped, counted from zero.
	Offset int

	// Reason is a phrase in English. It may quote a key of the document.
	Reason string
}

// Error gives reason and offset.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("strictjson: %s at byte %d", e.Reason, e.Offset)
}

// Problem returns the code of a bad body.
func (e *SyntaxError) Problem() string { return codeBadBody }

// ProblemText returns the words for the client.
func (e *SyntaxError) ProblemText() (message, details, hint string) {
	return "The JSON is not valid: " + e.Reason + ".", "At byte " + strconv.Itoa(e.Offset) + ".", ""
}

// MemberError reports a member of a valid document that does not fit the Go type.
type MemberError struct {
	// Path is the member as "items.0.name", or "" for the document itself.
	Path string

	// Reason is a phrase in English.
	Reason string

	cause error
}

// Error gives path and reason.
func (e *MemberError) Error() string { return "strictjson: " + e.Text() }

// Unwrap returns the error of a type's own UnmarshalJSON, if that was the cause.
func (e *MemberError) Unwrap() error { return e.cause }

// Problem returns the code of a bad body.
func (e *MemberError) Problem() string { return codeBadBody }

// ProblemText returns the words for the client.
func (e *MemberError) ProblemText() (message, details, hint string) {
	return "The body does not fit: " + e.Text() + ".", "", ""
}

// Text gives path and reason, for a client.
func (e *MemberError) Text() string {
	if e.Path == "" {
		return "the document " + e.Reason
	}
	return "member " + strconv.Quote(errtext.Quote(e.Path)) + " " + e.Reason
}
