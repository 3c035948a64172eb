package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
)

// Control carries out a user's commands for a speaker; id is that of its Speaker.
type Control interface {
	// Command asks the sender to "play", "pause", "next" or "previous".
	Command(id, command string) error
	// SetVolume sets the speaker's volume, from 0 to 1.
	SetVolume(id string, level float64) error
}

// commands are those of Control.Command.
var commands = map[string]bool{"play": true, "pause": true, "next": true, "previous": true}

// A controlAPI passes a user's commands to Control; control may be nil.
type controlAPI struct {
	control Control
	find    finder
}

// command answers 204 when it was passed on, or 409 if no sender accepts it. The status
// shows whether the sender carried it out.
func (a controlAPI) command(w http.ResponseWriter, r *http.Request) {
	command := r.PathValue("command")
	if !commands[command] {
		writeError(w, http.StatusNotFound, "commands are play, pause, next and previous")
		return
	}
	a.pass(w, r, func(id string) error { return a.control.Command(id, command) })
}

// volume reads {"level": 0.35} and answers 204, or 409 where the volume is fixed.
func (a controlAPI) volume(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		Level *float64 `json:"level"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&wanted)
	if err != nil || wanted.Level == nil || *wanted.Level < 0 || *wanted.Level > 1 {
		writeError(w, http.StatusBadRequest, `want {"level": L} with L from 0 to 1`)
		return
	}
	a.pass(w, r, func(id string) error { return a.control.SetVolume(id, *wanted.Level) })
}

// pass does something with the speaker of a request.
func (a controlAPI) pass(w http.ResponseWriter, r *http.Request, do func(id string) error) {
	if a.control == nil {
		writeError(w, http.StatusNotImplemented, "commands are not accepted here")
		return
	}
	speaker, ok := a.find(w, r)
	if !ok {
		return
	}
	switch err := do(speaker.ID.String()); {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, fleet.ErrNoSpeaker): // it was removed meanwhile
		writeError(w, http.StatusNotFound, err.Error())
	case errors.Is(err, bridge.ErrVolumeFixed), errors.Is(err, bridge.ErrNoSender):
		writeError(w, http.StatusConflict, err.Error())
	default:
		writeError(w, http.StatusBadGateway, err.Error())
	}
}
