"""A glossary of accounting: concepts, and the words of the statement that shows them.

Written from the usual definitions of ratios and line items and from the parts that every annual report has, in
English. A question asks for a "quick ratio"; the balance sheet says "cash and cash equivalents", "accounts
receivable" and "total current liabilities".
"""

import re
from typing import Final

INCOME: Final = "consolidated statements of operations income earnings"
BALANCE: Final = "consolidated balance sheets financial position"
CASH: Final = "consolidated statements of cash flows"

Rule = tuple[str, str, tuple[str, ...]]

LINES: Final[tuple[Rule, ...]] = (
    (r"(?:net )?revenues?|net sales|total sales|sales|top[- ]line", "net sales total revenues", (INCOME,)),
    (
        r"cogs|cost of (?:goods sold|sales|revenues?|products sold)",
        "cost of sales cost of revenue cost of goods sold",
        (INCOME,),
    ),
    (r"gross (?:profit|margin)s?", "gross profit gross margin net sales cost of sales", (INCOME,)),
    (
        r"operating (?:income|profit|margin|earnings|loss|expenses?)|ebit",
        "operating income operating expenses total",
        (INCOME,),
    ),
    (r"ebitda", "operating income depreciation and amortization net income interest taxes", (INCOME, CASH)),
    (
        r"net (?:income|profit|earnings|loss|margin)|bottom[- ]line|profitab\w+",
        "net income net earnings attributable",
        (INCOME,),
    ),
    (
        r"eps|(?:earnings|income|profit) per share",
        "earnings per share basic diluted weighted average shares",
        (INCOME,),
    ),
    (
        r"(?:effective )?tax rate|income tax(?:es)?(?: expense)?|tax expense",
        "income before income taxes provision for income taxes effective tax rate",
        (INCOME,),
    ),
    (r"interest (?:expense|income|coverage)", "interest expense interest income", (INCOME,)),
    (r"r&d|research (?:and|&) development", "research and development", (INCOME,)),
    (r"sg&a|selling,? general", "selling general and administrative", (INCOME,)),
    (
        r"cap(?:ital )?ex(?:penditures?|penses?)?|capital spending|capital investments?",
        "purchases of property plant and equipment capital expenditures additions investing activities",
        (CASH,),
    ),
    (
        r"free cash flows?|fcf",
        "net cash provided by operating activities purchases of property plant and equipment",
        (CASH,),
    ),
    (
        r"operating cash ?flows?|cash ?flows? from operat\w+|cash from operations|cash generated",
        "net cash provided by operating activities",
        (CASH,),
    ),
    (
        r"(?:cash flows?|cash used|cash provided)[\w ]{0,12}(?:financing|investing)|(?:financing|investing) activities",
        "net cash used in investing activities financing activities",
        (CASH,),
    ),
    (r"d&a|depreciation|amorti[sz]ation", "depreciation and amortization", (CASH,)),
    (
        r"dividends?(?: paid| payments?)?|payout",
        "cash dividends paid dividends declared per share",
        (CASH,),
    ),
    (
        r"buy-?backs?|(?:share|stock) repurchases?|repurchased?",
        "repurchases of common stock treasury shares",
        (CASH,),
    ),
    (r"(?:stock|share)[- ]based compensation", "stock-based compensation", (CASH,)),
    (
        r"debt (?:issu\w+|repa\w+|raised)|(?:issu\w+|repa\w+) (?:of )?debt|borrow\w+",
        "proceeds from issuance of long-term debt repayments of debt",
        (CASH,),
    ),
    (r"pp&?e|fixed assets?|property,? plant", "property plant and equipment net", (BALANCE,)),
    (r"total assets|asset base", "total assets", (BALANCE,)),
    (r"(?:total )?liabilities", "total liabilities", (BALANCE,)),
    (r"current (?:assets|liabilities)", "total current assets total current liabilities", (BALANCE,)),
    (r"inventor(?:y|ies)", "inventories", (BALANCE,)),
    (
        r"(?:accounts |trade )?receivables?|dso|days sales outstanding",
        "accounts receivable net net sales",
        (BALANCE,),
    ),
    (
        r"(?:accounts |trade )?payables?|dpo|days payable",
        "accounts payable cost of sales inventories",
        (BALANCE,),
    ),
    (r"goodwill|intangibles?(?: assets)?", "goodwill intangible assets net", (BALANCE,)),
    (
        r"(?:share|stock)holders['’]? equity|common equity|book value|retained earnings|net worth",
        "total stockholders equity shareholders equity retained earnings",
        (BALANCE,),
    ),
    (
        r"cash (?:and|&) (?:cash )?equivalents|cash (?:balance|position|on hand)",
        "cash and cash equivalents",
        (BALANCE,),
    ),
    (
        r"(?:long[- ]term|short[- ]term|total) (?:debt|borrowings)",
        "long-term debt current portion of long-term debt short-term borrowings",
        (BALANCE,),
    ),
    (r"deferred revenue|contract liabilities|unearned", "deferred revenue", (BALANCE,)),
    (r"leases?|lease liabilit\w+", "operating lease liabilities right-of-use assets", (BALANCE,)),
)
"""Lines of the statements."""

RATIOS: Final[tuple[Rule, ...]] = (
    (
        r"working capital|current ratio|liquid(?:ity)?",
        "total current assets total current liabilities",
        (BALANCE,),
    ),
    (
        r"quick ratio|acid[- ]test",
        "cash and cash equivalents marketable securities accounts receivable inventories total current liabilities",
        (BALANCE,),
    ),
    (
        r"operating cash ?flow ratio|cash ratio",
        "net cash provided by operating activities total current liabilities",
        (CASH, BALANCE),
    ),
    (
        r"debt[- ]to[- ](?:equity|assets|capital)|leverage|gearing|solvency|capital structure|indebted\w*",
        "total liabilities long-term debt total stockholders equity",
        (BALANCE,),
    ),
    (
        r"(?:fixed )?assets? turnover",
        "net sales total assets property plant and equipment",
        (INCOME, BALANCE),
    ),
    (
        r"inventory turnover|days (?:of )?inventory|dio",
        "cost of sales inventories",
        (INCOME, BALANCE),
    ),
    (
        r"receivables? turnover|payables? turnover|cash conversion(?: cycle)?",
        "net sales cost of sales inventories accounts receivable accounts payable",
        (INCOME, BALANCE),
    ),
    (
        r"return on (?:total )?assets|roa|return on (?:shareholders? )?equity|roe"
        r"|return on (?:invested )?capital|roic|roce",
        "net income total assets total stockholders equity",
        (INCOME, BALANCE),
    ),
    (r"retention ratio|payout ratio", "net income cash dividends paid", (INCOME, CASH)),
    (
        r"capital[- ]intensi\w+",
        "property plant and equipment total assets net sales capital expenditures",
        (BALANCE, CASH, INCOME),
    ),
)
"""Figures that are worked out of several lines."""

PARTS: Final[tuple[Rule, ...]] = (
    (
        r"(?:debt )?securities (?:\w+ ){0,3}(?:registered|listed|traded)|stock exchange|ticker|trading symbol",
        "title of each class trading symbol name of each exchange on which registered "
        "securities registered pursuant to section 12(b)",
        (),
    ),
    (r"shares outstanding|outstanding shares", "number of shares of common stock outstanding", (BALANCE,)),
    (r"headquarter\w*|principal (?:executive )?offices?", "address of principal executive offices", ()),
    (r"employees|head ?count|workforce", "human capital employees full-time", ()),
    (r"auditors?", "report of independent registered public accounting firm opinion", ()),
    (
        r"lawsuits?|litigation|legal (?:proceedings|battles?|matters?|disputes?|actions?)|sued",
        "legal proceedings contingencies litigation claims",
        (),
    ),
    (r"competit(?:ors?|ion)", "competition competitors compete", ()),
    (
        r"(?:major|largest|biggest|key|main) customers?|customer concentration",
        "customers accounted for percent of revenue concentration",
        (),
    ),
    (
        r"segments?|business units?|divisions?",
        "segment information net sales operating income by segment",
        (),
    ),
    (r"geograph\w+|regions?|countries", "geographic areas net sales by region", ()),
    (
        r"products? (?:and|or) services|business model|main business|line of business",
        "business overview general products and services",
        (),
    ),
    (r"acqui(?:sitions?|red?)|mergers?|takeovers?", "acquisitions business combination purchase price", ()),
    (
        r"divest\w+|spin[- ]?off|discontinued|separation|disposals?",
        "discontinued operations divestiture separation held for sale",
        (),
    ),
    (r"restructuring|lay-?offs?|severance", "restructuring charges severance", ()),
    (r"impairments?|write-?(?:downs?|offs?)", "impairment charges", ()),
    (r"guidance|outlook|forecast\w*", "outlook guidance expects full year", ()),
    (
        r"credit (?:facility|facilities|agreement|line)|revolv\w+",
        "revolving credit facility credit agreement commitments",
        (),
    ),
    (
        r"directors?|board (?:of directors|members?)|nominees?|annual (?:shareholder |stockholder )?meeting|votes?",
        "election of directors nominees votes for against annual meeting",
        (),
    ),
    (r"pensions?|retirement|post-?retirement", "pension benefit obligation plan assets", ()),
)
"""Parts of a report that are no statement."""

SAID: Final[tuple[Rule, ...]] = (
    (r"income statement|statements? of (?:income|operations|earnings)|profit (?:and|&) loss|p&l", "", (INCOME,)),
    (r"balance sheet|statements? of financial position", "", (BALANCE,)),
    (r"cash[- ]flow statement|statements? of cash ?flows?", "", (CASH,)),
)
"""Statements that the question names itself."""

_RULES: Final = [
    (re.compile(concept), re.compile(rf"(?<![\w&])(?:{concept})(?![\w&])", re.IGNORECASE), words, statements)
    for concept, words, statements in (*SAID, *LINES, *RATIOS, *PARTS)
]
"""The first pattern is the second one's in small letters anywhere in a word: it takes half the time to say no."""


class Glossary:
    """Expands questions about companies' reports by rules; other questions it leaves alone. Needs no model."""

    def expand(self, question: str, /) -> str:
        """The names of the statements that show what is asked for, and the words of their lines."""
        small = question.casefold()
        hits = [
            (words, statements)
            for hint, concept, words, statements in _RULES
            if hint.search(small) and concept.search(question)
        ]
        named = dict.fromkeys(statement for _, statements in hits for statement in statements)
        return " ".join([*named, *(words for words, _ in hits if words)])
