package realtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/coder/websocket"
)

// frame is a message of the Phoenix protocol. Version 1.0.0 writes it as an object, version
// 2.0.0 as an array [join_ref, ref, topic, event, payload].
type frame struct {
	JoinRef *string         `json:"join_ref"`
	Ref     *string         `json:"ref"`
	Topic   string          `json:"topic"`
	Event   string          `json:"event"`
	Payload json.RawMessage `json:"payload"`

	Binary []byte `json:"-"` // the payload of a broadcast of bytes
}

// The versions of the protocol.
const (
	version1 = "1.0.0"
	version2 = "2.0.0"
)

var errFrame = errors.New("realtime: the message is no frame of the protocol")

// parseFrame reads a frame.
func parseFrame(version string, text []byte) (f frame, err error) {
	if version == version1 {
		if err := json.Unmarshal(text, &f); err != nil {
			return f, errFrame
		}
		return f, nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil || len(parts) != 5 {
		return f, errFrame
	}
	for i, into := range []any{&f.JoinRef, &f.Ref, &f.Topic, &f.Event} {
		if err := json.Unmarshal(parts[i], into); err != nil {
			return f, errFrame
		}
	}
	f.Payload = parts[4]
	return f, nil
}

// encode writes a frame.
func (f frame) encode(version string) ([]byte, error) {
	if version == version1 {
		return encodeJSON(f)
	}
	return encodeJSON([]any{f.JoinRef, f.Ref, f.Topic, f.Event, f.Payload})
}

// message is encode for a socket.
func (f frame) message(version string) (message, bool) {
	text, err := f.encode(version)
	return message{websocket.MessageText, text}, err == nil
}

// appendChange appends the frame of an event of postgres_changes.
func (s *socket) appendChange(dst []byte, topic string, binding int, data []byte) []byte {
	name, _ := json.Marshal(topic)
	begin, middle, end := `[null,null,`, `,"postgres_changes",{"ids":[`, `}]`
	if s.version == version1 {
		begin, middle, end = `{"join_ref":null,"ref":null,"topic":`, `,"event":"postgres_changes","payload":{"ids":[`, `}}`
	}
	dst = append(append(append(dst, begin...), name...), middle...)
	dst = append(strconv.AppendInt(dst, int64(binding), 10), `],"data":`...)
	return append(append(dst, data...), end...)
}

// reply returns the answer to a frame.
func (f frame) reply(status string, response any) frame {
	return frame{JoinRef: f.JoinRef, Ref: f.Ref, Topic: f.Topic, Event: "phx_reply", Payload: encode(map[string]any{"status": status, "response": response})}
}

// refuse returns the answer to a join that is refused, in the words of upstream.
func (f frame) refuse(err error) frame {
	return f.reply("error", map[string]string{"reason": err.Error()})
}

// refusal is a reason that clients know by its code.
type refusal struct{ code, text string }

// unauthorized is the code of what the rules do not allow.
const (
	unauthorized = "Unauthorized"
	unchecked    = "UnableToCheckToken"
)

func (r refusal) Error() string { return r.code + ": " + r.text }

func refuse(code, format string, args ...any) error {
	return refusal{code, fmt.Sprintf(format, args...)}
}

// encode encodes what cannot fail: maps, strings and raw JSON.
func encode(v any) json.RawMessage {
	text, err := encodeJSON(v)
	if err != nil {
		return json.RawMessage("{}")
	}
	return text
}

// encodeJSON encodes without escapes for HTML, which make texts longer.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
