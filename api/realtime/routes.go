package realtime

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/openapi"
)

// Queries and bodies of requests, for documents.
type (
	liveQuery struct {
		Select   string `json:"select,omitempty"`
		Snapshot bool   `json:"snapshot,omitempty"`
		Since    string `json:"since,omitempty"`
		Ticket   string `json:"ticket,omitempty"`
	}

	changesQuery struct {
		Tables string `json:"tables" validate:"required"`
		Since  string `json:"since,omitempty"`
		Wait   int    `json:"wait,omitempty"`
	}

	historyQuery struct {
		Limit  int    `json:"limit,omitempty"`
		Before string `json:"before,omitempty"`
	}

	errorBody struct {
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
		Hint    *string         `json:"hint"`
	}
)

// Routes returns the operations of a hub for the documents of an API, see api.Config.Routes.
// rest is the path below which its handlers are mounted as live/, changes, ticket and
// history/, socket that of [Hub.WebSocket], which OpenAPI cannot describe and a text names.
func Routes(rest, socket string) []api.Route {
	const tag = "realtime"
	of := func(types ...reflect.Type) []reflect.Type { return types }
	failure := reflect.TypeFor[errorBody]()
	anyone, known := api.Anyone(), api.Session().Or(api.SignedIn(), api.Service())
	return []api.Route{
		{Gate: anyone, Route: openapi.Route{
			Method: http.MethodGet, Path: rest + "live/{resource}", ID: "realtime.live", Tag: tag, Summary: "Follow a list", Query: reflect.TypeFor[liveQuery](), Text: "text/event-stream", Error: failure,
			Description: "Server-sent events of the rows that filters select, as in a list: every other parameter is a filter. The events are " +
				"`snapshot`, an array of rows, `changes`, an array of changes, and `resync`, after which the list has to be read again. Their ids are cursors for `since` and `Last-Event-ID`. " +
				"A WebSocket at `" + socket + "` has the same changes, broadcasts and presence in the protocol of Phoenix channels.",
		}},
		{Gate: anyone, Route: openapi.Route{
			Method: http.MethodGet, Path: rest + "changes", ID: "realtime.changes", Tag: tag, Summary: "Read changes", Query: reflect.TypeFor[changesQuery](), Answers: of(reflect.TypeFor[changesPage]()), Error: failure,
			Description: "The changes of tables, separated by commas, after the cursor `since`. Without it the answer has the cursor of now. `wait` is how many seconds to wait for a change, at most 60.",
		}},
		{Gate: known, Route: openapi.Route{
			Method: http.MethodPost, Path: rest + "ticket", ID: "realtime.ticket", Tag: tag, Summary: "Get a ticket", Body: reflect.TypeFor[ticketBody](), Answers: of(reflect.TypeFor[ticketAnswer]()), Error: failure,
			Description: "A ticket opens one stream of a resource within 30 seconds, or without a resource one socket, for clients that cannot send headers.",
		}},
		{Gate: anyone, Route: openapi.Route{
			Method: http.MethodGet, Path: rest + "history/{resource}/{id}", ID: "realtime.history", Tag: tag, Summary: "Read the history of a row", Query: reflect.TypeFor[historyQuery](), Answers: of(reflect.TypeFor[historyPage]()), Error: failure,
			Description: "The changes of a row that the caller may read, the newest first, for resources that keep a history.",
		}},
	}
}
