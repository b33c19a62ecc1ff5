"""The thirty requirements as data: number, words, what holds, the tests that prove it, the figures that measure it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. `rows`: how the names of its figures begin, as `table.add` gives them."""

    number: int
    name: str
    holds: str
    tests: tuple[str, ...]
    rows: tuple[str, ...] = ()


def _in(path: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{path}::test_{name}" for name in names)


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        1, "speed", "last key to painted verdict, p95 ≤ 100 ms on loopback; a whole page without JavaScript, p95 ≤ 500 ms",
        _in("browser/test_receipt.py", "a_burst_of_forty_scans_is_forty_events_and_finish_closes"),
        ("last key to painted verdict, p50", "last key to painted verdict, p95", "whole page without JavaScript, p95"),
    ),
    Requirement(
        2, "burst", "40 scans without a pause are 40 events, in order, none merged or lost",
        _in("browser/test_receipt.py", "a_burst_of_forty_scans_is_forty_events_and_finish_closes"), ("burst of ",),
    ),
    Requirement(
        3, "focus-free",
        "a scan lands with the focus on nothing, on a button, after a dialog; it is lifted out of a text field; its Enter"
        " presses nothing",
        _in(
            "browser/test_scanning.py", "a_scan_lands_wherever_the_focus_is_and_its_enter_presses_nothing",
            "a_code_is_lifted_out_of_a_text_and_the_text_stays",
        ),
    ),
    Requirement(
        4, "layout-proof", "US, US-International, NL, FR, DE × Caps Lock on and off: right or refused, never wrong",
        _in(
            "browser/test_scanning.py",
            "five_layouts_with_and_without_caps_lock_are_read_right_and_the_record_says_what_was_corrected",
            "two_readings_that_pass_and_differ_are_refused",
        )
        + _in(
            "domain/test_identifiers.py", "a_keyboard_layout_is_put_right_or_refused_and_never_wrong",
            "a_scan_under_another_layout_is_nearly_always_put_right",
        ),
    ),
    Requirement(
        5, "framing",
        "CR, LF, Tab or idle ends a scan; prefixes, GS and spaces are stripped; any case; 5–200 ms between keys; timing never"
        " decides",
        _in("browser/test_scanning.py", "a_scan_lands_wherever_the_focus_is_and_its_enter_presses_nothing")
        + _in("domain/test_identifiers.py", "what_a_scanner_puts_around_an_identifier_is_stripped"),
    ),
    Requirement(
        6, "tablets", "a visible `type=text inputmode=none` field; keys that do not say which they are, are read from `input`",
        _in("browser/test_scanning.py", "a_scan_lands_wherever_the_focus_is_and_its_enter_presses_nothing")
        + _in("browser/test_acts.py", "type_instead_brings_the_keyboard_back_and_a_wrong_character_is_refused"),
    ),
    Requirement(
        7, "camera", "a photograph is decoded on the server in ≤ 3 s, without JavaScript and without a looser policy",
        _in("web/test_label.py", "a_photograph_of_a_label_leads_on_as_a_scan_would")
        + _in(
            "labels/test_read.py", "a_label_is_read_from_a_poor_photograph",
            "a_reading_that_finds_nothing_ends_within_three_seconds",
        )
        + _in("browser/test_handover.py", "a_courier_photographs_the_code_and_takes_part_of_a_list_on_a_telephone"),
    ),
    Requirement(
        8, "typed entry", "“Type instead” brings the keyboard back; the check character is enforced; the event is marked typed",
        _in("browser/test_acts.py", "type_instead_brings_the_keyboard_back_and_a_wrong_character_is_refused")
        + _in("web/test_label.py", "a_typed_label_is_marked_as_typed")
        + _in("domain/test_identifiers.py", "every_single_substitution_is_caught", "every_swap_of_two_characters_is_caught"),
    ),
    Requirement(
        9, "seen from 2 m", "the verdict word ≥ 104 px, its panel ≥ 40 % of the window's height, until the next scan",
        _in(
            "browser/test_verdicts.py",
            "a_verdict_is_a_word_an_icon_and_a_colour_that_are_seen_from_two_metres_and_stay",
        ),
    ),
    Requirement(
        10, "four verdicts",
        "word, icon, colour and sound; OK `#7fe0b0`, ALREADY `#ffdd00`, STOP `#6b0000`, CHECK `#1d2f8f`; contrast ≥ 7 : 1; told"
        " apart by the colour-blind (ΔE ≥ 56)",
        _in(
            "browser/test_verdicts.py",
            "a_verdict_is_a_word_an_icon_and_a_colour_that_are_seen_from_two_metres_and_stay",
            "a_verdict_that_the_page_gives_by_itself_looks_like_any_other",
            "the_four_colours_are_told_apart_by_eyes_that_lack_one_kind_of_cone",
        ),
    ),
    Requirement(
        11, "sound", "OK one high, ALREADY two middle, CHECK rising, STOP three low; off until switched on; never the only cue",
        _in("browser/test_verdicts.py", "each_verdict_has_its_tones_once_the_sound_is_on_and_none_before"),
    ),
    Requirement(
        12, "STOP holds", "later scans are refused aloud and counted until it is acknowledged",
        _in("browser/test_scanning.py", "stop_holds_and_counts_also_the_buttons_of_the_page")
        + _in("browser/test_receipt.py", "stop_holds_until_it_is_acknowledged")
        + _in("browser/test_verdicts.py", "each_verdict_has_its_tones_once_the_sound_is_on_and_none_before")
        + _in("web/test_collection.py", "after_stop_scans_are_refused_and_counted_until_it_is_acknowledged"),
    ),
    Requirement(
        13, "messages", "every refusal says cause, place and next act, in both languages",
        _in(
            "house/test_sentences.py",
            "a_refused_scan_is_told_with_its_cause_and_with_what_to_do_next_in_both_languages",
            "no_code_is_told_in_two_ways",
        )
        + _in("web/test_visit.py", "every_refusal_of_the_clinic_has_its_sentence")
        + _in("web/test_near_miss.py", "every_kind_has_its_word_and_every_refusal_one_kind")
        + _in("services/test_collection.py", "a_tube_scanned_again_says_who_and_when")
        + _in("services/test_receipt.py", "the_sentence_of_an_earlier_refusal_names_the_list_that_the_tube_is_on"),
    ),
    Requirement(
        14, "last five, n of m", "newest first; the outstanding slots always visible",
        _in(
            "browser/test_acts.py", "a_kit_of_six_tubes_takes_ten_scans_and_nothing_else",
            "a_receipt_of_forty_tubes_takes_42_scans_and_no_mouse",
        )
        + _in("services/test_undo.py", "the_last_five_are_read_from_the_ledger_newest_first"),
    ),
    Requirement(
        15, "one kit",
        "tubes + 4 scans: six tubes are 10; the 20 containers of a baseline visit are 30 scans and, for tissue, one form per"
        " kit (where, who, how many pieces: what no code can say), by keyboard: 32 acts; no mouse",
        _in(
            "browser/test_acts.py", "a_kit_of_six_tubes_takes_ten_scans_and_nothing_else",
            "a_whole_baseline_visit_of_twenty_containers_takes_32_acts",
        )
        + _in("web/test_collection.py", "a_session_is_stopped_by_scanning_alone"),
    ),
    Requirement(
        16, "closed loop", "a tube is refused unless its participant's kit is open at that station; each wrong pair is a near miss",
        _in(
            "services/test_collection.py", "a_tube_before_its_kit_is_open_is_stopped",
            "a_kit_at_another_station_is_not_open_here",
            "a_tube_of_another_participant_is_stopped_and_the_raw_text_is_sealed",
            "a_tube_of_another_visit_of_the_same_participant_is_stopped",
        )
        + _in("web/test_near_miss.py", "every_door_that_takes_a_scan_keeps_what_it_refuses"),
    ),
    Requirement(
        17, "who, which visit, what is taken", "shown before the first tube; a repeat collection needs a reason",
        _in(
            "web/test_collection.py",
            "the_page_says_who_which_visit_and_what_is_outstanding_before_the_first_tube",
        )
        + _in("services/test_kit.py", "another_attempt_needs_a_reason_and_the_last_one_to_be_over"),
    ),
    Requirement(
        18, "no fact by default",
        "nothing is ticked beforehand; happened and recorded are two times; a gap over 30 minutes asks why, once per session",
        _in("web/test_collection.py", "nothing_is_ticked_or_filled_in_before_the_first_tube")
        + _in("web/test_participant_pages.py", "nothing_is_ticked_before_somebody_ticked_it")
        + _in("web/test_collection.py", "a_typed_time_long_ago_asks_why_once_per_session")
        + _in("services/test_collection_times.py", "a_gap_over_half_an_hour_asks_why_once_per_session"),
    ),
    Requirement(
        19, "40-tube receipt", "42 scans, no mouse; every missing, extra or damaged tube has its outcome; stragglers later",
        _in("browser/test_acts.py", "a_receipt_of_forty_tubes_takes_42_scans_and_no_mouse")
        + _in("web/test_receipt_pages.py", "missing_tubes_are_reported_and_a_straggler_comes_in_later")
        + _in("services/test_receipt.py", "a_receipt_with_open_lines_is_not_closed"),
    ),
    Requirement(
        20, "box fill", "81 tubes in ≤ 83 scans; the next well is lit; by row or column; a 10 × 10 map ≤ 200 ms; one bad tube"
        " loses no other",
        _in("browser/test_acts.py", "a_box_of_81_wells_is_filled_in_82_scans_and_a_wrong_tube_loses_no_other")
        + _in("web/test_storage.py", "a_box_fills_itself_well_by_well"),
        ("map of a full 10 × 10 box",),
    ),
    Requirement(
        21, "undo", "one's own last act, same station, ≤ 15 minutes, with a reason; the original stays, struck through",
        _in("services/test_undo.py", "undo_is_ones_own_last_act_within_a_quarter_of_an_hour")
        + _in("web/test_collection.py", "undo_takes_the_tube_again_and_a_reason")
        + _in("web/test_specimen.py", "an_undone_act_is_struck_through"),
    ),
    Requirement(
        22, "idempotent", "double click, Back, refresh and retry make one event",
        _in(
            "web/test_once.py",
            "everything_from_the_kit_to_the_release_is_one_event_however_often_it_is_sent",
            "everything_at_the_bench_is_one_event_however_often_it_is_sent",
            "back_and_another_tube_with_the_old_form_is_another_act",
        ),
    ),
    Requirement(
        23, "link lost", "“not saved” and never OK until the server answers; what waits survives a reload, is sent once, by its"
        " own person, and is marked",
        _in(
            "browser/test_line_down.py",
            "scans_wait_over_a_reload_and_go_out_once_and_in_order_and_what_differs_is_shown",
            "a_lost_answer_makes_no_second_event_and_two_tabs_send_nothing_twice",
            "a_restarted_browser_sends_what_waits_when_its_own_person_logs_in_and_nobody_elses",
            "a_program_that_is_killed_and_started_again_gets_each_scan_once_and_in_order",
        )
        + _in(
            "browser/test_choice_waits.py",
            "a_visit_that_was_opened_before_is_finished_without_the_line",
            "a_receipt_goes_on_without_the_line_although_tubes_are_damaged",
            "a_choice_that_is_refused_later_comes_back_as_a_difference_that_says_what_it_was",
            "undo_takes_back_a_scan_that_waits_and_none_that_may_have_been_sent",
        ),
        ("1,000 scans through",),
    ),
    Requirement(
        24, "command barcodes", "the scan pages work by scanning alone; commands are reserved identifiers, the word is print",
        _in("web/test_collection.py", "not_collected_goes_by_scanning_alone", "a_session_is_stopped_by_scanning_alone")
        + _in("domain/test_identifiers.py", "the_commands_are_identifiers_that_are_never_issued")
        + _in("labels/test_sheets.py", "the_commands_stand_thirty_millimetres_apart")
        + _in("browser/test_receipt.py", "outcome_and_reason_are_scanned_and_hold_for_one_tube"),
    ),
    Requirement(
        25, "live on scan-back", "a label counts once it was scanned back; a reprint asks why and retires the old one; that is STOP",
        _in("services/test_label_confirm.py", "a_label_scanned_back_counts")
        + _in("services/test_label.py", "a_label_is_printed_again_with_a_reason_and_the_old_one_is_retired")
        + _in("services/test_label_retired.py", "the_laboratory_is_stopped_by_a_retired_label_too"),
    ),
    Requirement(
        26, "accessible", "axe (WCAG 2.2 AA) finds nothing on any page, both themes, both languages; keyboard alone; targets of"
        " 64 px, 8 px apart, on scan pages from 640 px; errors focused, linked, “Error:”",
        _in("browser/test_every_page.py", "every_page_holds_to_axe_to_the_policy_and_to_how_dates_are_written",
            "every_door_to_a_page_is_looked_at_or_it_is_said_why_not")
        + _in(
            "browser/test_verdicts.py", "on_scan_pages_every_target_is_64_px_high_and_wide_with_8_px_between",
            "the_summary_of_errors_has_the_focus_and_leads_to_its_field",
        )
        + _in("browser/test_acts.py", "a_whole_baseline_visit_of_twenty_containers_takes_32_acts")
        + _in("browser/test_accessibility.py", "axe_finds_nothing_on_a_form_with_errors_nor_before_the_log_in"),
    ),
    Requirement(
        27, "light, strict", "the policy, nothing inline, nothing from elsewhere; nothing moves by itself (shift < 0.05); first load"
        " ≤ 100 kB; collecting, receiving, box, processing, release and report without JavaScript",
        _in("browser/test_every_page.py", "every_page_holds_to_axe_to_the_policy_and_to_how_dates_are_written")
        + _in("browser/test_story.py", "a_participant_is_screened_drawn_received_processed_stored_and_reported")
        + _in("web/test_compressed.py", "what_every_page_is_made_of_is_sent_small_and_a_page_itself_is_not"),
        ("first load of a scan page", "cumulative layout shift"),
    ),
    Requirement(
        28, "language, time", "English and Dutch, no string missing; `22 Nov 2026 14:03 CET`; dates typed as day, month, year",
        _in(
            "house/test_translations.py", "every_message_has_its_dutch_words",
            "a_translation_names_the_same_facts",
        )
        + _in("browser/test_every_page.py", "every_page_holds_to_axe_to_the_policy_and_to_how_dates_are_written")
        + _in("web/test_dutch.py", "a_nurse_who_chose_dutch_reads_dutch")
        + _in("web/test_report.py", "a_period_is_read_as_day_month_year"),
    ),
    Requirement(
        29, "work that ages", "counts that link to lists, an age and an owner per open matter, ≤ 1 s at 100,000 specimens",
        _in("web/test_counts.py", "each_count_leads_to_a_list_of_as_many")
        + _in("services/test_bench.py", "every_tube_is_counted_where_it_waits"),
        ("bench at 100,000", "today at 100,000", "audit at 100,000"),
    ),
    Requirement(
        30, "box map", "a table with row and column headers; the state by letter and pattern; a list beside it",
        _in("web/test_storage.py", "the_map_is_a_table_with_headers_and_a_list_beside_it"),
    ),
)  # fmt: skip
