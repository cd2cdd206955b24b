"""The public surface, name by name; everything else has a leading underscore in its path.

A name that is new here is a promise, and a name that is gone breaks programs: both belong into CHANGELOG.md.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from markdown_it import MarkdownIt

CHECKOUT = Path(__file__).parents[1]
ROOTS = (CHECKOUT / "src" / "mistral_rag", CHECKOUT / "ingest")

NAMES = """\
ingest: Build BuildReport DISTRIBUTION Estimate FileReport LookSettings PageRead Progress Redo VectorsAdded build
    estimate
ingest.__main__: main
ingest.chunking: CHUNKER_VERSION cut is_field units
ingest.parsing: Member PageProblem Parsed Parser media_type_of parse parsers
ingest.sources:
mistral_rag: Answer ApiError BatchOutcome Box ChatMistral ChatMistralAI Chunk Citation Claim FaissStore Glossary
    GroundedQA HybridRetriever IndexReader IndexWriter LocalOCR Locator MistralAIEmbeddings MistralAgent MistralBatch
    MistralClient MistralEmbeddings MistralFIM MistralOCR MistralOCRLoader MistralOCRParser MistralRagError
    MistralTranscriptionParser ModelExpander OcrPage OcrResult Page QueryExpander Source Span Timeouts Unit aovernight
    locate numbered_sources overnight verify_answer verify_citation
mistral_rag.agents: MistralAgent
mistral_rag.api: Timeouts
mistral_rag.audio: MistralTranscriptionParser
mistral_rag.batch: BatchOutcome MistralBatch aovernight overnight
mistral_rag.catalogue: Difference ModelCatalogue ModelEntry Price differences load_catalogue
mistral_rag.chat_models: ChatMistral ChatMistralAI MessageRules
mistral_rag.cli: ingest main
mistral_rag.cli.__main__: main
mistral_rag.defaults: CHAT_MODEL EMBEDDINGS EMBEDDING_MODEL NO_EMBEDDINGS choose_embeddings embedding_families has_key
    has_local_models load_chat_model load_embeddings
mistral_rag.document_loaders: MistralOCRLoader MistralOCRParser
mistral_rag.embeddings: BatchEmbeddings EmbeddedBatch FailedBatch MatrixEmbeddings MistralAIEmbeddings MistralEmbeddings
    NamedEmbeddings PartialEmbeddings PutOffEmbeddings Usage count_tokens unpacked
mistral_rag.errors: ApiConnectionError ApiError ApiTimeoutError AuthenticationError BadRequestError ConfigurationError
    ContextOverflowError CostLimitError IndexDamagedError IndexLockedError IndexMismatchError IndexNotFoundError
    IndexVersionError IndexWriteError IngestError InvalidFilterError InvalidRequestError MissingExtraError
    MistralRagError NotAnIndexError NotFoundError ParseError PayloadTooLargeError PermissionDeniedError RateLimitError
    RefusalError ResponseError ServerError SourceNotFoundError StoreError StreamError UnknownModelError
    UnsupportedAnswerError WorkerError WorkerStartError
mistral_rag.extensions: Extension extensions installed
mistral_rag.grounding: AnswerCheck AnswerEvent AnswerEvents AnswerPiece AsyncAnswerEvents CitationCheck ClaimEvent
    DocumentPages EvidenceEvent GroundedAnswers GroundedQA LocatedQuote PageSource PageStore QAEvent SearchEvent
    TextEvent evidence_tool fold locate stored_answer verify_answer verify_citation
mistral_rag.index: BARE_LABEL DenseIndex DenseSettings EVERYONE Identity IndexReader IndexWriter LexicalIndex
    PageSummary Profile SourceStatus StoredChunk UnrestrictedReader View bare_source checked_groups embed_text
    export_faiss export_jsonl export_lines import_jsonl import_lines is_bare member_uri members_prefix outermost_uri
    read_faiss_folder rebuild_command repair repair_command snapshot stated_locator vectors_for verify
mistral_rag.llms: MistralFIM
mistral_rag.local: LocalOCR MiniLM UniversalSentenceEncoder
mistral_rag.local.ocr: Limits LineReader LocalOCR is_installed
mistral_rag.mcp: mcp_server
mistral_rag.messages: numbered_sources
mistral_rag.ocr: MistralOCR MistralPageReader OcrImage OcrPage OcrResult OcrSettings OcrTable PageFailure PageReader
    ReadingOptions
mistral_rag.overlay: CITATION_LEGEND DPI DrawingWorker HiddenText LAYERS Layer LegendEntry Mark MarkStyle NotDrawnError
    PagePicture PagePictures PageView Raster Section cell_lines citation_layers definitions file_of html_page
    is_printed png quotation quoted_text read_text reading_layers reading_legend tables unchanged_copy
mistral_rag.pdf: LeftOut PageImage PdfFile PrintedLine SPARSE Sheet apart largest_words pages_of read_page read_pages
    render_page unlock
mistral_rag.pictures: ImageFile ink_of
mistral_rag.platform: AddedDocument AddedDocuments BatchJob ClassificationReply ConnectorListing ConnectorResult
    ConnectorTool Conversation ConversationEntry ConversationEvent ConversationHistory ConversationReply
    ConversationUsage Deleted Library LibraryDocument LibraryShare Listing ManagedChunk ManagedHit ManagedIndex
    ManagedIndexListing ManagedIndexRetriever MistralClient ModelCard ModerationReply ModerationVerdict PlatformFile
    PlatformObject RemovedDocuments StoredAgent StoredConnector Transcription TranscriptionEvent TranscriptionSegment
    TuningJob check_training_file
mistral_rag.retrieval: Boosts CALIBRATION Explanation Glossary Hit Learned ModelExpander Passage PassageRetriever Query
    QueryExpander Retrieval Signal SignalIndex Version check_profile exact_copies is_current learn registered_signals
    versions
mistral_rag.retrievers: Explanation Hit HybridRetriever
mistral_rag.routing: ChatRouter CircuitBreaker Target
mistral_rag.safety: ModerationGuard
mistral_rag.schema: Answer Block BlockKind Box BoxPrecision CellRole CellValue Chunk Citation Claim Digest EXPORTED
    Fraction Location Locator LocatorKind Model Offset Origin Page Placed QUOTE_JOINT Removed RetrievedDocument Run Seen
    Source Span SpanRole Status Support Table TableCell UNCITED_KINDS Unit UnitKind Word WordBoxes base64_schema
    cell_range clean_text column_letters joined_quote json_schema text_digest without_surrogates
mistral_rag.serve: Principal ServeSettings Tokens create_app run
mistral_rag.terminal: ABSTAINED CommandParser DONE EXIT_CODES INTERRUPTED PLATFORM TERMINATED UNDONE UNUSABLE UsageError
    add_common add_groups agreed aside at_least_one bare_stderr can_ask counted dollars exit_code index_folder
    is_terminal note one_line printable run say say_json say_json_line say_sequence say_text text_argument typed_lines
    write_output
mistral_rag.testing: AttackDocument FakeMistral ObedientChatModel RateLimits Recorded Reply Rules ScriptedPage
    attack_documents call faults references small_document small_index thinking
mistral_rag.testing.__main__: main
mistral_rag.text: BAR Computation DecodedText Form GridCell LEVELS Level MONTHS NON_ALPHANUMERIC Number Place RowLabel
    SENTENCE_LOOKAHEAD STARTERS STOP_WORDS TOKENS_VERSION TableGrid Terms Weigh WrittenDate asked_words bigrams
    can_begin computed_number content_words coverage dates decode_text detect_language drop_invisible
    east_asian_charsets evenly full_year group_scopes hashed hashed_question is_readable is_word local_path
    measure_word missing_numbers near normal_form normal_forms numbers rarity read_text readable_name same_date
    same_number sentences skeleton table_scales tokenize trimmed window words written written_question
mistral_rag.tracing: SpanCallback traced
mistral_rag.usage: Bill Cost CostCallback CostRow FinishedCall Ledger LedgerEntry LedgerFile Totals UsageCounts cost_of
    cost_rows costs counts_of index_ledger labelled question_costs recording total_row
mistral_rag.vectorstores: FaissStore
mistral_rag.witness: PictureWitness Sighting has_picture is_foreign may_have_pictures
mistral_rag.workers: FrameError Limits WireFrame Worker WorkerClient WorkerPool WorkerSpec available_cores
    limit_address_space serve
"""

PRIVATE_PATH = re.compile(r"\b(?:mistral_rag|ingest)(?:\.\w+)*\._(?!_)\w+")
DOCUMENTS = sorted([CHECKOUT / "README.md", *CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob("docs/reference/*.md")])
EXAMPLES = sorted(CHECKOUT.glob("examples/*.py"))
OF_BEHAVIOUR = sorted(
    path for folder in ("", "standard", "clients") for path in (CHECKOUT / "tests" / folder).glob("*.py")
)
"""Tests from outside. A test in a room of its own mirrors a private module and may import it."""


def listed(text: str) -> dict[str, list[str]]:
    """Public module -> its names."""
    listing: dict[str, list[str]] = {}
    for word in text.split():
        if word.endswith(":"):
            names = listing[word.removesuffix(":")] = []
        else:
            names.append(word)
    return listing


SURFACE = listed(NAMES)


def module_of(path: Path) -> str:
    root = next(root for root in ROOTS if path.is_relative_to(root))
    return ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")


def is_public(module: str) -> bool:
    return all(part == "__main__" or not part.startswith("_") for part in module.split("."))


def named(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def our_imports(code: str) -> Iterator[tuple[str, str]]:
    """Module and name of everything that is imported from this project."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"mistral_rag", "ingest"}:
            yield from ((node.module or "", alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            yield from (
                (alias.name, "") for alias in node.names if alias.name.split(".")[0] in {"mistral_rag", "ingest"}
            )


@cache
def described() -> set[str]:
    """Names of constants and type aliases that have a docstring below them."""
    found = set()
    for path in (path for root in ROOTS for path in root.rglob("*.py")):
        body = ast.parse(path.read_text("utf-8")).body
        for statement, below in pairwise(body):
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                found |= {
                    name.id
                    for target in targets
                    for name in (target.elts if isinstance(target, ast.Tuple) else [target])
                    if isinstance(name, ast.Name)
                }
    return found


def test_every_module_is_listed_or_private() -> None:
    modules = {module_of(path) for root in ROOTS for path in root.rglob("*.py")}
    assert {module for module in modules if is_public(module)} == set(SURFACE)


@pytest.mark.parametrize("module", SURFACE)
def test_the_public_names_are_these(module: str) -> None:
    face = importlib.import_module(module)
    assert sorted(getattr(face, "__all__", ["main"])) == sorted(SURFACE[module])


@pytest.mark.parametrize("module", SURFACE)
def test_every_public_name_is_there_and_described(module: str) -> None:
    face = importlib.import_module(module)
    assert face.__doc__
    for name in SURFACE[module]:
        value = getattr(face, name)
        is_function = inspect.isfunction(inspect.unwrap(value)) if callable(value) else False
        is_defined = is_function or inspect.isclass(value) or isinstance(value, ModuleType)
        assert inspect.getdoc(value) if is_defined else name in described(), f"{module}.{name} has no docstring"


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_examples_import_public_names(path: Path) -> None:
    assert [one for one in our_imports(path.read_text("utf-8")) if one[1] not in SURFACE.get(one[0], ())] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_docs_show_public_names(path: Path) -> None:
    text = path.read_text("utf-8")
    assert PRIVATE_PATH.findall(text) == []
    for fence in (token for token in MarkdownIt("commonmark").parse(text) if token.info.startswith("python")):
        assert [one for one in our_imports(fence.content) if one[1] not in SURFACE.get(one[0], ())] == []


@pytest.mark.parametrize("path", OF_BEHAVIOUR, ids=named)
def test_tests_of_behaviour_import_public_names_where_they_exist(path: Path) -> None:
    faces = [(importlib.import_module(module), names) for module, names in SURFACE.items()]
    public = [getattr(face, name) for face, names in faces for name in names if hasattr(face, name)]
    for module, name in our_imports(path.read_text("utf-8")):
        if name and not is_public(module):
            value = getattr(importlib.import_module(module), name)
            assert not any(value is one for one in public), f"{name} is public; don't import it from {module}"
