package speaker

import "fmt"

// PressPlay is the play button of the speaker: after a pause the sound goes on, else
// the last URI is fetched again. Subscribers get events. It is an error where no URI is
// loaded.
func (s *Speaker) PressPlay() error {
	if f := s.transport.command(evPlay); f != nil {
		return fmt.Errorf("speaker: play was pressed: %s", f.Text)
	}
	return nil
}
