package mail

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
)

// Error is a server's refusal. Its text names no password, link or code.
type Error struct {
	// Op is what the server has refused: "connect", "auth", "from", "to" or
	// "content".
	Op string

	// Code is the number of the answer, as 550, and Status the enhanced one, as
	// "5.7.1", where the server has sent one (RFC 2034).
	Code   int
	Status string

	// Text is what the server has said, empty where it could repeat a secret: after
	// it has seen a password or the mail's content.
	Text string
}

// Error returns all of it.
func (e *Error) Error() string {
	text := fmt.Sprintf("mail: the server rejected %s: %d", e.Op, e.Code)
	if e.Status != "" {
		text += " " + e.Status
	}
	if e.Text != "" {
		text += " " + e.Text
	}
	return text
}

// Permanent reports whether the mail itself is refused for good, for its recipient or
// its content (an answer of class 5, RFC 5321 section 4.2.1): sending it again is of no
// use. What else a server refuses can be mended while the mail waits.
func (e *Error) Permanent() bool { return e.Code/100 == 5 && (e.Op == opTo || e.Op == opContent) }

// Operations of the SMTP client, in their order.
const (
	opConnect = "connect"
	opAuth    = "auth"
	opFrom    = "from"
	opTo      = "to"
	opContent = "content"
)

// maxReply is the length in bytes to which a server's reply is cut.
const maxReply = 200

// refusal gives the error of a step its form.
func refusal(op string, err error) error {
	answer, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		_, broken := errors.AsType[net.Error](err)
		if op == opAuth && !broken && !errors.Is(err, io.EOF) {
			return errors.New("mail: auth: the server's answer is not understood") // and may repeat what the client sent
		}
		return fmt.Errorf("mail: %s: %w", op, err)
	}
	e := &Error{Op: op, Code: answer.Code}
	first, _, _ := strings.Cut(answer.Msg, "\n")
	if status, rest, ok := strings.Cut(first, " "); ok && enhanced(status) {
		e.Status, first = status, rest
	}
	if op != opAuth && op != opContent && line(first) {
		e.Text = strings.ToValidUTF8(first[:min(len(first), maxReply)], "")
	}
	return e
}

// enhanced reports whether a text is an enhanced status code, as 5.7.1.
func enhanced(text string) bool {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > len("5.999.999") {
		return false
	}
	for _, part := range parts {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}
