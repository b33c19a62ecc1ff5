"""What the page of help says about each kind of page: what to do, and what to do when something goes wrong."""

from dataclasses import dataclass

from specimens.domain.sentences.marker import N_


@dataclass(frozen=True, slots=True)
class Topic:
    """Help about one kind of page: its title, the steps in order, and pairs of what goes wrong and what to do then.

    `scans`: the four verdicts belong to it.
    """

    title: str
    steps: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]
    scans: bool = False


_READER = (
    N_("The scanner does nothing"),
    N_(
        "Wait until the page says “Ready to scan”, then scan again. A dead scanner: “Type instead”, and type the eight characters of the label."
    ),
)
_LABEL = (
    N_("A label cannot be read"),
    N_(
        "Type its eight characters. If they cannot be read either, do not guess: put the tube aside and ask for its label to be reprinted."
    ),
)

#: What may stand for scanning tube after tube.
_RACK = N_(
    "A whole rack at once: a photo of it, or the file of a rack reader. You see what was read before anything is done."
)

# fmt: off
#: Name in the address → help; in the order of the list of all help.
TOPICS: dict[str, Topic] = {
    "start": Topic(
        N_("Scan anything"),
        (N_("Scan any label: a tube opens its page, a kit opens collection, a bag opens receipt, a box opens its map."), N_("Scan the code on the wall when you go to another station: what you record carries its name.")),
        (
            _READER,
            _LABEL,
            (N_("“That identifier is not known here”"), N_("The label belongs to another study or site, or is not one of ours. Do not use the tube; ask who brought it.")),
        ),
        scans=True,
    ),
    "today": Topic(
        N_("Today"),
        (
            N_("Begin at the top: kits that are open, then visits that are due, then those whose window is closing."),
            N_("“Open visit” plans its tubes and makes their labels. “To the visit” goes on where you stopped."),
            N_("Below stand first doses, consents and differences that wait for the clinic."),
        ),
        (
            (N_("A visit is late"), N_("Hold it as soon as you can; the true time is kept, and the tubes are marked as outside their window.")),
            (N_("A visit is missed"), N_("Open it and give each tube its reason, so that nobody waits for it.")),
        ),
    ),
    "participants": Topic(
        N_("Participants"),
        (
            N_("Register a participant with the subject number of the case report form; the system issues the code. Names are never entered here."),
            N_("Then in this order: consent, eligibility, the investigator's confirmation, enrolment. The button at the top is always the next step."),
            N_("The line shows each visit in its window, today, and Day 0. The table below says the same."),
        ),
        (
            (N_("A criterion fails or is unknown"), N_("There are no waivers: answer what is unknown, or record the screen failure.")),
            (N_("Consent is withdrawn"), N_("Record it at once. What exists is held, and the page lists what has to be destroyed or kept.")),
            (N_("A wrong answer was saved"), N_("Answer again: the earlier answer stays readable in the history.")),
        ),
    ),
    "visit": Topic(
        N_("Visit"),
        (
            N_("Print each kit's sheet and labels, and scan the labels back: a label counts only then."),
            N_("“Collect this kit” opens the scanning page. You may stop half-way and go on later, also at another station."),
            N_("Confirm the visit last. Tubes can be released before that."),
        ),
        (
            (N_("A tube could not be taken"), N_("On the collection page: “Not collected”, with its reason. One “stop” ends a whole kit with one reason.")),
            (N_("More tubes were taken than planned"), N_("“Beyond the plan”: an extra tube or another attempt, with its reason.")),
            (N_("The system was down"), N_("Fill in the paper sheet, and enter it afterwards with “Enter from paper”. A second person checks it.")),
        ),
    ),
    "collect": Topic(
        N_("Collection"),
        (
            N_("Scan the kit, check the participant by two identifiers, scan IDENTITY."),
            N_("Fill a tube, label it in the participant's presence, scan it. The next tube is marked in the list."),
            N_("Scan FINISH when every tube has its outcome."),
        ),
        (
            (N_("STOP: another participant's tube"), N_("Do not fill it. Put it aside, acknowledge, and take the tube of this kit.")),
            (N_("The piece lay somewhere before it went into its medium"), N_("Open “The next tube was taken earlier, or is another container”, type the minutes, then scan the tube. Without them it lay in its medium at once.")),
            (N_("The wrong tube was scanned"), N_("Scan UNDO, then the tube, within 15 minutes. The entry stays, struck through.")),
            _READER,
        ),
        scans=True,
    ),
    "transfers": Topic(
        N_("Transfers"),
        (
            N_("Choose who gets the tubes, scan them into the bag, count, seal, release."),
            N_("Print the bag's label and, where somebody needs it on paper, the manifest."),
            N_("Until somebody has received the list it stays on this page, with its age."),
        ),
        (
            (N_("A tube is missing from the bag"), N_("Before release: open the bag again. Afterwards the laboratory receives it as missing, and it stands under Differences.")),
            (N_("The list went to the wrong place"), N_("Recall it, with a reason, as long as nobody has received it.")),
            (N_("Nobody is there to receive it"), N_("Leave it in a named place, such as the drop box: “Carry it”, then scan the place.")),
        ),
    ),
    "receipt": Topic(
        N_("Receipt"),
        (
            N_("Say how the bag arrived and what its logger shows, then scan every tube."),
            N_("For a tube with something wrong scan the outcome and the reason first, then the tube."),
            N_("Close the list when every tube has its outcome; a straggler can be received later."),
            _RACK,
        ),
        (
            (N_("A tube is not on the list"), N_("Scan it all the same: it becomes EXTRA and goes into quarantine until it is linked.")),
            (N_("A tube on the list is not there"), N_("Mark it as missing. The clinic sees it at once.")),
            (N_("Blood without a readable label"), N_("Reject it; it is drawn again. A biopsy is never rejected for its label: quarantine it.")),
        ),
        scans=True,
    ),
    "differences": Topic(
        N_("Differences"),
        (N_("Each line is a tube on which list and reality disagree. The oldest stands first; the last column says who has to act."), N_("Resolve it with what was found out: found, never drawn, lost, or linked to its slot.")),
        (
            (N_("It is not yours to resolve"), N_("Tell whoever stands in the last column. The line stays until somebody has resolved it.")),
        ),
    ),
    "carry": Topic(
        N_("Carry bags"),
        (N_("Picking up: scan the bag. From then on you answer for it."), N_("Delivering: scan the bag, then the place where you leave it, or hand it to a person who receives it.")),
        (
            (N_("The seal is broken or the bag leaks"), N_("Do not open it. Say so at the handover; the laboratory records the condition.")),
            _READER,
        ),
        scans=True,
    ),
    "bench": Topic(
        N_("Bench"),
        (N_("Start with “To be received”, then work down “Received, not stored”: the tube with the least time left stands first."), N_("Each number at the top opens its list.")),
        (
            (N_("A tube is over its limit"), N_("Go on: process it. The minutes over the limit are recorded by themselves.")),
            (N_("A tube came before its list"), N_("“Receive without release”: processing starts, and the clinic enters its part later.")),
        ),
    ),
    "processing": Topic(
        N_("Processing"),
        (
            N_("Open a batch, scan the received tubes in, and record each step as you do it: spin, aliquot, freeze."),
            N_("The button under “Next” is the step that the protocol expects."),
            N_("Print the vials' labels, scan them back, and put the vials away."),
        ),
        (
            (N_("A tube is haemolysed or clotted"), N_("Record the grade after the spin. A clotted tube is left out of the pool.")),
            (N_("Fewer vials than planned"), N_("Record what was made; the others end as never made, with a reason.")),
        ),
        scans=True,
    ),
    "storage": Topic(
        N_("Storage"),
        (
            N_("Scan the box, then tube after tube: each goes into the well that is lit."),
            N_("S is stored, H is on hold, X belongs to another study. The list has the same wells in words."),
            _RACK,
            N_("To take tubes out: “Take tubes out”, choose why, scan each tube."),
        ),
        (
            (N_("A tube is already in another well"), N_("The verdict names the place. Look there first: two tubes may bear one label.")),
            (N_("The lit well is taken"), N_("Choose another well under the map, and tell whoever answers for the freezer.")),
            (N_("The freezer was too warm"), N_("“Temperature excursion” on the freezer's page holds every tube that lay in it.")),
        ),
        scans=True,
    ),
    "inventory": Topic(
        N_("Inventory check"),
        (
            N_("Scan the box, then every tube in it, in any order. “n of m” says how far you are; what is outstanding stays on the page."),
            N_("You may stop half-way: the check waits at the box, for you or a colleague."),
            _RACK,
            N_("Scan FINISH when every tube has its outcome. The check is kept, with what was seen, missing and misplaced."),
        ),
        (
            (N_("CHECK: the tube belongs elsewhere"), N_("Put it aside and go on. Nothing is moved by the check: put it back where the map has it, or scan it in where it is to stay.")),
            (N_("A tube is not in the box"), N_("Tick it and say what became of it: missing, or seen elsewhere and where. A missing tube stands under Differences until somebody resolves it.")),
            _LABEL,
        ),
        scans=True,
    ),
    "picks": Topic(
        N_("Pick list"),
        (
            N_("Tick what you found under “Find”, or scan and type identifiers; choose what they are fetched for."),
            N_("Print the sheet or take a tablet: the lines are in walking order, freezer, rack, box, well."),
            N_("Scan each tube as you take it out. Two people may work on one list; the page shows what is outstanding."),
            N_("Scan FINISH when every line has its outcome."),
        ),
        (
            (N_("STOP: the tube is not on the list"), N_("Put it back into its well, acknowledge, and look at the well once more. The scan is kept as a near miss.")),
            (N_("A tube is not in its well"), N_("Tick it, choose “not there” and why. It is missing from then on, and stands under Differences.")),
            (N_("A tube shall stay after all"), N_("Tick it and leave it where it is, with the reason. Nothing about the tube changes.")),
            _LABEL,
        ),
        scans=True,
    ),
    "find": Topic(
        N_("Find"),
        (N_("Type an identifier, a subject number or part of a place; every field narrows the search."), N_("The counts by state are links: each shows exactly those specimens.")),
        ((N_("Nothing is found"), N_("Take a field away. What belongs to another site does not show.")),),
    ),
    "specimen": Topic(
        N_("Specimen"),
        (
            N_("At the top: where it is, and what you may do with it now."),
            N_("The tree shows what it was made from and what was made from it; the bar, who had it when."),
            N_("A hatched stretch is a gap: nobody recorded anything for longer than the limit."),
        ),
        (
            (N_("Something was recorded wrongly"), N_("“Correct” keeps the original, struck through, beside what replaces it.")),
            (N_("Two tubes bear this label"), N_("“Another tube bears this label too”: both are held until it is clear which is which.")),
            _LABEL,
        ),
    ),
    "labels": Topic(
        N_("Labels and printing"),
        (N_("Choose the stock that lies in the printer, print, and scan each label back."), N_("A reprint asks for a reason; the label before it is retired, and scanning it gives STOP.")),
        (
            (N_("Nothing comes out of the printer"), N_("Look at “What is being printed”. A PDF printed from the browser always works.")),
            (N_("A label came out badly"), N_("Destroy it and reprint: two labels with one identifier must not exist.")),
        ),
        scans=True,
    ),
    "report": Topic(
        N_("Custody report"),
        (N_("Scan a specimen, participant, visit, transfer or box, or choose a period; look at the report, then make the file."), N_("Each report carries a number and a digest. Who made it is kept on record.")),
        ((N_("The report is long"), N_("It is made in the background; the page says when it is ready.")),),
    ),
    "verify": Topic(
        N_("Verify a report"),
        (
            N_("Give the PDF, a photo of its QR code, or the digest from the foot of a page. The answer says what was checked."),
        ),
        (
            (N_("It does not agree"), N_("Keep the paper and the file, write down where they came from, and call the administrator. Do not use the report.")),
        ),
    ),
    "audit": Topic(
        N_("Audit"),
        (
            N_("Each number opens its list: corrections, refused scans, late entries, open matters."),
            N_("Draw specimens at random, follow each trail, and raise a finding where something is wrong."),
            N_("“Trail of one record” shows every entry, field by field, with what was before and after."),
        ),
        (
            (N_("The verification found differences"), N_("Stop using the records, call the administrator, and keep the last report that was made.")),
        ),
    ),
    "decisions": Topic(
        N_("Decisions"),
        (N_("Each list holds specimens that nobody may use until you decide. The oldest stands first."), N_("Decide one by one, or several together where one cause holds them; you sign with your password.")),
        (
            (N_("You cannot tell yet"), N_("Leave it: it stays on hold, and shows its age here and at the audit.")),
        ),
    ),
    "people": Topic(
        N_("People"),
        (N_("Add a person, give the first password in person, and give a grant: role, study, site, period, training date."), N_("When somebody leaves, revoke the grant. Accounts are never given to somebody else.")),
        (
            (N_("Somebody forgot the password"), N_("Set a new one on the person's page; it has to be changed at the next log-in.")),
        ),
    ),
    "sites": Topic(
        N_("Sites, stations, printers"),
        (N_("A station is a place where people scan. Print its code and hang it on the wall."), N_("Add a printer, print its test page, and scan the page back.")),
        (
            (N_("A station is no longer used"), N_("Switch it off, with a reason. What was recorded there keeps its name.")),
        ),
    ),
    "units": Topic(
        N_("Storage units"),
        (N_("Build it from outside to inside: freezer, shelf or rack, box. Only a box has rows and columns."), N_("Print each box's label for its lid and its front.")),
        ((N_("A unit is taken out of use"), N_("Empty it first, then switch it off, with a reason.")),),
    ),
    "studies": Topic(
        N_("Studies"),
        (N_("Publish a protocol file: checking writes nothing, and what changes is shown before you sign."), N_("Then open the study at its sites. Visits that are open stay on the version they were planned under.")),
        (
            (N_("The file is refused"), N_("Each line of the answer names the place in the file and what is wrong with it.")),
        ),
    ),
    "me": Topic(
        N_("Your account"),
        (N_("Change your password, your language, your role and your station here; end sessions that are not yours."), N_("“Show the introduction again” brings back the first steps of your role.")),
        ((N_("A session is not yours"), N_("End it, change your password, and tell the administrator.")),),
    ),
}

# fmt: on

#: What the four verdicts mean, in the order of their weight.
VERDICTS: tuple[tuple[str, str], ...] = (
    ("ok", N_("Saved. Go on with the next one.")),
    ("already", N_("This was done before. Nothing changed; the sentence says where the tube belongs.")),
    ("check", N_("Something is to be chosen or looked at first, or it is not saved yet. Keep the tube in your hand and read the sentence.")),
    ("stop", N_("It must not happen: wrong tube, wrong participant, wrong place. Nothing changed. Put the tube aside, read the sentence, acknowledge.")),
)  # fmt: skip

#: Blueprint, or one door of it → name of the help; of a door that is not here the help is that of the start.
OF: dict[str, str] = {
    "home": "start", "today": "today", "participant": "participants", "consent": "participants",
    "eligibility": "participants", "course": "participants", "visit": "visit", "procedure": "visit", "paper": "visit",
    "pool_use": "visit", "kit": "collect", "collection": "collect", "transfer": "transfers",
    "second_party": "transfers", "receipt": "receipt", "rack.transfer": "receipt", "rack.check": "inventory", "difference": "differences",
    "carriage": "carry", "bench": "bench", "batch": "processing", "storage": "storage", "rack": "storage", "inventory": "inventory", "pick": "picks",
    "search": "find", "specimen": "specimen", "correction": "specimen", "disposal": "specimen",
    "duplicate": "specimen", "unreadable": "specimen", "label": "labels", "label_cap": "labels",
    "printing": "labels", "pool": "labels", "report": "report", "report_long": "report", "genuine": "verify",
    "audit": "audit", "audit_bench": "audit", "clock_alarm": "audit", "decision": "decisions",
    "admin_people": "people", "admin_site": "sites", "admin_printer": "sites", "admin_storage": "units",
    "admin_study": "studies", "me": "me", "second_factor": "me", "sign_on": "me", "access": "me",
}  # fmt: skip
