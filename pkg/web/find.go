package web

import (
	"net/http"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
)

// A finder returns the speaker that a request is about. If there is none, it answers
// with an error.
type finder func(w http.ResponseWriter, r *http.Request) (bridge.Speaker, bool)

// finderIn finds speakers by the {id} of the request's path.
func finderIn(snapshot func() fleet.Snapshot) finder {
	return func(w http.ResponseWriter, r *http.Request) (bridge.Speaker, bool) {
		for _, speaker := range snapshot().Speakers {
			if speaker.ID.String() == r.PathValue("id") {
				return speaker, true
			}
		}
		writeError(w, http.StatusNotFound, "there is no speaker of that id")
		return bridge.Speaker{}, false
	}
}
