package realtime

import (
	"encoding/json"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// Binary frames of version 2.0.0.
const (
	kindPush       = 3 // from a client
	kindBroadcast  = 4 // to a client
	encodingBinary = 0
	maxBinaryName  = 255 // bytes
)

// parseBinary reads a broadcast in the binary form of version 2.0.0, which clients use for all
// of them: kind 3, the lengths of five strings, the encoding, the strings, and the payload. The
// strings are the references, the topic, the event and metadata.
func parseBinary(data []byte) (f frame, err error) {
	const head = 7
	if len(data) < head || data[0] != kindPush || data[6] > 1 {
		return f, errFrame
	}
	var parts [5]string
	rest := data[head:]
	for i := range parts {
		n := int(data[1+i])
		if len(rest) < n {
			return f, errFrame
		}
		parts[i], rest = string(rest[:n]), rest[n:]
	}
	f = frame{Topic: parts[2], Event: "broadcast"}
	payload := map[string]any{"event": parts[3]}
	if data[6] == encodingBinary {
		f.Binary = append([]byte{}, rest...)
	} else {
		if _, err := strictjson.Parse(rest, strictjson.Limits{}); err != nil {
			return f, errFrame
		}
		payload["payload"] = json.RawMessage(rest)
	}
	if parts[4] != "" {
		var metadata struct {
			Persist any `json:"persist"`
		}
		if err := json.Unmarshal([]byte(parts[4]), &metadata); err != nil {
			return f, errFrame
		}
		payload["persist"] = metadata.Persist
	}
	f.Payload = encode(payload)
	for i, into := range []**string{&f.JoinRef, &f.Ref} {
		if parts[i] != "" {
			*into = &parts[i]
		}
	}
	return f, nil
}

// binary returns a broadcast of bytes: kind 4, the lengths of the topic, the event and metadata,
// the encoding, these strings, and the payload.
func (b *broadcast) binary() message {
	data := []byte{kindBroadcast, byte(len(b.Topic)), byte(len(b.Event)), 0, encodingBinary}
	data = append(append(append(data, b.Topic...), b.Event...), b.Binary...)
	return message{websocket.MessageBinary, data}
}
